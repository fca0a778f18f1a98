"""`prices` and the certificate that `verify` shows, on a fleet of four node groups."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import MANIFESTS, Command


@pytest.fixture
def stored(placement: Command, fleet: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return manifests that ask for more than there is, and their plan."""
    manifests, plan = tmp_path / "asked.yaml", tmp_path / "plan.json"
    manifests.write_text(MANIFESTS.replace("replicas: 2", "replicas: 5"))
    placement("plan", manifests, "--catalog", fleet, "--out", plan)
    return plan, manifests


def test_verify_shows_how_each_bound_is_proved(
    placement: Command, fleet: Path, stored: tuple[Path, Path]
) -> None:
    done = placement("verify", *stored, "--catalog", fleet)
    rows = {row["tier"]: row for row in json.loads(done.out)["certificate"]}
    assert list(rows) == ["unplaced", "moves", "cost"]
    assert rows["moves"] == {
        "tier": "moves",
        "value": 0,
        "bound": 0,
        "proof": None,
        "proved": None,
        "seconds": None,
    }
    for name in ("unplaced", "cost"):
        row = rows[name]
        assert row["proof"] == "dual"
        assert row["value"] == row["bound"] == row["proved"] > 0
        assert row["seconds"] >= 0
    page = placement("verify", *stored, "--catalog", fleet, "-o", "table").out
    assert ["moves", "0", "0", "needs", "none", "-"] in [line.split() for line in page.splitlines()]
    assert "its prices prove 3\n" in page


def test_a_bound_of_a_search_is_confirmed_when_asked(
    placement: Command, fleet: Path, stored: tuple[Path, Path]
) -> None:
    plan, manifests = stored
    anywhere = MANIFESTS.replace("environment: development", "environment: production")
    manifests.write_text(anywhere.replace("replicas: 2", "replicas: 5"))
    where = (manifests, "--catalog", fleet)
    asked = ("--billing", "node", "--confirm")
    document = json.loads(placement("plan", *where, *asked, "--out", plan, "-o", "json").out)
    cost = document["tiers"][-1]
    assert (cost["proof"], cost["confirmedBy"]) == ("search", "highs")
    assert document["stats"]["options"]["confirm"] is True
    page = placement("verify", plan, *where, "-o", "table").out
    assert "search, confirmed by highs" in page


def test_a_bound_above_what_is_proved_breaks_a_rule(
    placement: Command, fleet: Path, stored: tuple[Path, Path]
) -> None:
    plan, manifests = stored
    document = json.loads(plan.read_text())
    document["prices"][-1]["earlier"] = {}
    plan.write_text(json.dumps(document))
    done = placement("verify", plan, manifests, "--catalog", fleet)
    assert done.code == 6
    rules = {violation["rule"] for violation in json.loads(done.out)["violations"]}
    assert rules == {"certificate", "digest"}


def test_prices_tells_what_a_gpu_is_worth_and_a_policy_costs(
    placement: Command, fleet: Path, stored: tuple[Path, Path]
) -> None:
    done = placement("prices", *stored, "--catalog", fleet)
    assert done.code == 0
    items = json.loads(done.out)["items"]
    assert {(row["what"], row["tier"]) for row in items} >= {
        ("policy", "unplaced"),
        ("policy", "cost"),
    }
    of_policies = [row["name"] for row in items if row["what"] == "policy"]
    page = placement("prices", *stored, "--catalog", fleet, "-o", "table").out
    assert page.startswith("Tier unplaced\n")
    assert all(name in page for name in of_policies)
    header = placement("prices", *stored, "--catalog", fleet, "-o", "csv").out.splitlines()[0]
    assert header == "what,tier,name,region,nodeGroup,deployments,amount,unit"


def test_prices_of_a_plan_that_needs_none(
    placement: Command, fleet: Path, stored: tuple[Path, Path]
) -> None:
    plan, manifests = stored
    document = json.loads(plan.read_text())
    del document["prices"]
    plan.write_text(json.dumps(document))
    page = placement("prices", plan, manifests, "--catalog", fleet, "-o", "table").out
    assert page == "the plan has no prices: no tier needs any, or none are known\n"


def test_prices_that_mean_nothing_are_left_out(
    placement: Command, fleet: Path, stored: tuple[Path, Path]
) -> None:
    plan, manifests = stored
    document = json.loads(plan.read_text())
    document["prices"] = [{**document["prices"][-1], "tier": "price"}]
    plan.write_text(json.dumps(document))
    done = placement("prices", plan, manifests, "--catalog", fleet)
    assert json.loads(done.out)["items"] == []
    assert "the prices of `price` prove nothing" in done.err
