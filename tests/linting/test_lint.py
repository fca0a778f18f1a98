"""The function and the command: order, places, severities, forms, and odd workspaces."""

from __future__ import annotations

import csv
import io
import json

import pytest

import placement as pl
from placement.catalog.catalog import make_catalog
from placement.cli.lint import table
from placement.errors import Severity
from placement.policies.base import Selector
from placement.policies.flavor import FlavorPolicy
from placement.policies.location import LocationEntry, LocationPolicy
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment
from tests.cli.conftest import home, placement  # noqa: F401
from tests.linting.gallery import FLEET, FOLDER


@pytest.fixture(scope="module")
def catalog() -> pl.Catalog:
    return pl.load_catalog(FLEET)


def country(code: str) -> LocationPolicy:
    return LocationPolicy(name=code.lower(), locations=(LocationEntry(type="country", name=code),))


def codes(found) -> list[str]:
    return [one.code.value for one in found]


def test_nothing_is_found_in_nothing(catalog):
    assert pl.lint(make_workspace(), catalog) == ()
    assert table(()) == "nothing found\n"


def test_nothing_is_said_of_a_fleet_without_nodes():
    workspace = make_workspace([country("US")], [], [pl.ModelDeployment(name="a", version="1")])
    assert codes(pl.lint(workspace, make_catalog([], [], []))) == ["PL312", "PL810"]


def test_objects_built_in_code_have_no_place(catalog):
    stage = Environment(name="staging", policies=("us", "de"))
    one = pl.ModelDeployment(name="chat", version="1", environment="staging")
    (found,) = pl.lint(make_workspace([country("US"), country("DE")], [stage], [one]), catalog)
    assert str(found).startswith("<python>:1:1: PL806 warning: `de` widens environment `staging` ")


def test_alike_deployments_have_one_finding(catalog):
    stage = Environment(name="staging", policies=("br",))
    many = [
        pl.ModelDeployment(name=f"m{n}", version="1", environment="staging", labels={"n": str(n)})
        for n in range(40)
    ]
    found = pl.lint(make_workspace([country("BR")], [stage], many), catalog)
    (error,) = (one for one in found if one.severity is Severity.ERROR)
    assert error.suggestion is not None
    assert error.suggestion.startswith("`m0@staging` (and 39 more alike) can be placed nowhere")


def test_policies_of_disjoint_targets_do_not_widen_each_other(catalog):
    policies = [
        country(code).model_copy(update={"selector": Selector(match_labels={"team": code})})
        for code in ("US", "DE")
    ]
    stage = Environment(name="staging", policies=("us", "de"))
    ones = [
        pl.ModelDeployment(name=code, version="1", environment="staging", labels={"team": code})
        for code in ("US", "DE")
    ]
    assert pl.lint(make_workspace(policies, [stage], ones), catalog) == ()
    both = policies[1].model_copy(update={"selector": Selector()})
    found = pl.lint(make_workspace([policies[0], both], [stage], ones), catalog)
    assert codes(found) == ["PL806"]


def test_policies_are_looked_at_before_anything_is_deployed(catalog):
    stage = Environment(name="staging", policies=("us", "de"))
    found = pl.lint(make_workspace([country("US"), country("DE")], [stage]), catalog)
    assert codes(found) == ["PL806"]
    h100 = FlavorPolicy(name="h100", flavors=({"type": "gpu", "name": "H100"},))
    stage = Environment(name="staging", policies=("de", "h100"))
    (found,) = pl.lint(make_workspace([country("DE"), h100], [stage]), catalog)
    assert (found.code.value, found.suggestion) == (
        "PL802",
        "`H100` is in `US`; nothing can be placed there",
    )


def test_alike_lists_of_policies_have_one_finding(catalog):
    many = [
        pl.ModelDeployment(name=f"m{n}", version="1", environment="staging", policies=("us", "de"))
        for n in range(40)
    ]
    stage = Environment(name="staging")
    (found,) = pl.lint(make_workspace([country("US"), country("DE")], [stage], many), catalog)
    assert "widens deployment `m0@staging` (and 39 more alike) from 1 (`us`) to 2" in found.message


def test_disabled_deployments_ask_for_nothing(catalog):
    one = pl.ModelDeployment(name="a", version="1", policies=("br",), enabled=False)
    found = pl.lint(make_workspace([country("BR")], [], [one]), catalog)
    assert codes(found) == ["PL312", "PL803"]


def test_a_policy_that_is_attached_twice_is_no_finding(catalog):
    stage = Environment(name="staging", policies=("us", "us"))
    one = pl.ModelDeployment(name="a", version="1", environment="staging")
    assert pl.lint(make_workspace([country("US")], [stage], [one]), catalog) == ()


def test_names_that_the_catalog_lacks_are_found_too(catalog):
    mars = LocationPolicy(name="mars", locations=(LocationEntry(type="location", name="mars-1"),))
    stage = Environment(name="production", policies=("mars",))
    one = pl.ModelDeployment(name="a", version="1")
    found = pl.lint(make_workspace([mars], [stage], [one]), catalog)
    assert codes(found) == ["PL307", "PL801", "PL803"]


def test_findings_come_by_place(placement):  # noqa: F811
    done = placement("lint", FOLDER / "allows_nothing.yaml", "--catalog", FLEET, "-o", "json")
    places = [(one["line"], one["column"]) for one in json.loads(done.out)["findings"]]
    assert places == sorted(places)
    assert len(places) == 2


@pytest.mark.parametrize(
    ("name", "code", "counts"),
    [
        ("contradictory", 2, {"error": 1, "warning": 0, "note": 0}),
        ("widens", 0, {"error": 0, "warning": 1, "note": 0}),
        ("unrestricted", 0, {"error": 0, "warning": 0, "note": 1}),
    ],
)
def test_only_errors_change_the_exit_code(placement, name, code, counts):  # noqa: F811
    done = placement("lint", FOLDER / f"{name}.yaml", "--catalog", FLEET, "-o", "json")
    document = json.loads(done.out)
    assert (done.code, done.err) == (code, "")
    assert (document["kind"], document["ok"]) == ("Lint", code == 0)
    assert document["counts"] == counts


def test_every_form_has_the_same_findings(placement):  # noqa: F811
    words = ("lint", FOLDER / "widens.yaml", "--catalog", FLEET, "-o")
    (row,) = csv.DictReader(io.StringIO(placement(*words, "csv").out))
    (item,) = json.loads(placement(*words, "json").out)["findings"]
    assert row == {name: str(value) for name, value in item.items()}
    assert item["message"] in placement(*words, "yaml").out.replace("\n", " ").replace("    ", "")
    assert placement(*words, "table").out.endswith("0 errors, 1 warning, 0 notes\n")


def test_manifests_that_cannot_be_read_are_bad_input(placement, home):  # noqa: F811
    (home / "a.yaml").write_text("kind: [", "utf-8")
    done = placement("lint", "a.yaml", "--catalog", FLEET)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("a.yaml:2:1: PL101")


def test_odd_names_are_shown_as_they_are(placement, home):  # noqa: F811
    text = (FOLDER / "unattached.yaml").read_text("utf-8").replace("t4-only", "'[bold]日本'")
    (home / "a.yaml").write_text(text, "utf-8")
    done = placement("lint", "a.yaml", "--catalog", FLEET, "-o", "table")
    assert "policy `[bold]日本` is attached nowhere" in done.out
