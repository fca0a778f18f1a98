"""Where a model can be called: its own environment or nowhere, and what is nearest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placement.catalog.geography import distance_km
from placement.cli.faults import ExitCode, guarded
from placement.endpoints import endpoints, resolve
from placement.errors import EndpointError, InputError
from placement.workspace.assignment import Assignment
from placement.workspace.making import make_workspace
from placement.workspace.transitions import deploy, set_enabled
from placement.workspace.workspace import Environment, ModelDeployment, Workspace
from tests.verifier.fleet import fleet

CATALOG = fleet()
PROD, DEV = "production", "development"
EAST = ("east/10", "aws", "us-east-1", "a", "US", "NA", "T4")
NEXT = ("east/9", *EAST[1:])
WEST = ("west/0", "aws", "eu-west-1", "a", "IE", "EU", "T4")
ASIA = ("asia/0", "gcp", "asia-east1", "a", "TW", "AS", "A100-80GB")


def chat(environment: str = PROD, version: str = "A", **fields: Any) -> ModelDeployment:
    return ModelDeployment(name="chat", environment=environment, version=version, **fields)


def row(one: ModelDeployment, place: tuple[str, ...], replicas: int = 1) -> Assignment:
    return Assignment(
        one.name, one.environment, one.version, *place, replicas, one.gpus * replicas, 1
    )


def space(*rows: Assignment, also: tuple[ModelDeployment, ...] = ()) -> Workspace:
    found = {r.key: ModelDeployment(name=r.model, environment=r.environment, version=r.version)
             for r in rows}  # fmt: skip
    return make_workspace(
        environments=[Environment(name="a b&c")], deployments=[*found.values(), *also], running=rows
    )


BOTH = space(
    row(chat(PROD, "A"), EAST, 2),
    row(chat(PROD, "A"), WEST),
    row(chat(PROD, "A"), NEXT),
    row(chat(DEV, "B"), ASIA),
)


def test_an_endpoint_is_one_deployment_with_what_runs_behind_it() -> None:
    found = resolve(BOTH, CATALOG, "chat", environment=PROD)
    assert (found.model, found.environment, found.version) == ("chat", PROD, "A")
    assert found.nodes == (("east/9", 1), ("east/10", 2), ("west/0", 1))
    assert found.regions == ("aws/eu-west-1", "aws/us-east-1")
    assert found.path == "/models/chat?environment=production"
    assert found.nearest is None


def test_no_environment_means_production() -> None:
    assert resolve(BOTH, CATALOG, "chat") == resolve(BOTH, CATALOG, "chat", environment=PROD)
    assert resolve(BOTH, CATALOG, "chat", environment=DEV).version == "B"


def test_paths_are_quoted() -> None:
    one = ModelDeployment(name="org/chat ü?", environment="a b&c", version="A")
    found = resolve(space(row(one, EAST)), CATALOG, one.name, environment="a b&c")
    assert found.path == "/models/org%2Fchat%20%C3%BC%3F?environment=a%20b%26c"


def test_shares_on_one_node_are_added_up() -> None:
    rows = [replace(row(chat(), EAST), gpu=slot) for slot in (0, 1)]
    assert resolve(space(*rows), CATALOG, "chat").nodes == (("east/10", 2),)


def message(workspace: Workspace, model: str, environment: str | None = None) -> str:
    with pytest.raises(EndpointError) as error:
        resolve(workspace, CATALOG, model, environment=environment)
    return str(error.value)


ONLY_DEV = space(row(chat(DEV, "B"), EAST))


@pytest.mark.parametrize(
    ("workspace", "environment", "says"),
    [
        (ONLY_DEV, None, "`chat` is not deployed in `production`; it runs in `development` (version `B`)"),
        (ONLY_DEV, "prod", "unknown environment `prod`; it runs in `development` (version `B`)"),
        (space(also=(chat(),)), PROD, "no replica of `chat` runs in `production`"),
        (space(also=(chat(enabled=False),)), PROD, "`chat` is disabled in `production`"),
        (space(also=(chat(DEV, enabled=False),)), PROD, "`chat` is not deployed in `production`"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_an_error_and_no_fallback(
    workspace: Workspace, environment: str | None, says: str
) -> None:
    assert message(workspace, "chat", environment) == says


def test_an_unknown_model_is_an_error() -> None:
    assert message(BOTH, "chta") == "unknown model `chta`, did you mean `chat`?"
    assert message(BOTH, "zzz") == "unknown model `zzz`"


def test_the_error_says_where_the_model_runs() -> None:
    with pytest.raises(EndpointError) as error:
        resolve(BOTH, CATALOG, "chat", environment="a b&c")
    assert error.value.runs_in == ((DEV, "B"), (PROD, "A"))


def test_rows_of_an_earlier_version_do_not_answer() -> None:
    after = deploy(BOTH, chat(PROD, "C")).after  # type: ignore[union-attr]
    assert message(after, "chat").startswith("no replica of `chat` runs in `production`")
    after = deploy(BOTH, chat(PROD, "A", resources={"cpus": 2})).after  # type: ignore[union-attr]
    assert message(after, "chat").startswith("no replica of `chat` runs in `production`")


def test_a_disabled_deployment_is_unreachable_though_its_rows_still_run() -> None:
    after = set_enabled(BOTH, "chat", environment=PROD, enabled=False).after  # type: ignore[union-attr]
    assert message(after, "chat").startswith("`chat` is disabled in `production`")
    assert [one.environment for one in endpoints(after, CATALOG)] == [DEV]


def test_all_endpoints_are_listed_in_order() -> None:
    found = endpoints(BOTH, CATALOG, origin="TW")
    assert [(one.model, one.environment) for one in found] == [("chat", DEV), ("chat", PROD)]
    for one in found:
        assert one == resolve(BOTH, CATALOG, "chat", environment=one.environment, origin="TW")
    assert endpoints(make_workspace(), CATALOG) == ()


@pytest.mark.parametrize(
    ("origin", "region"),
    [
        ("US", "aws/us-east-1"),
        ("Ireland", "aws/eu-west-1"),
        ("aws/us-east-1", "aws/us-east-1"),
        ("us-east-1", "aws/us-east-1"),
        ("53.3, -6.3", "aws/eu-west-1"),
        ("-33.9,18.4", "aws/eu-west-1"),
        ("asia-east1", "aws/us-east-1"),
    ],
)
def test_the_nearest_region_answers_soonest(origin: str, region: str) -> None:
    nearest = resolve(BOTH, CATALOG, "chat", origin=origin).nearest
    assert nearest is not None
    if origin != "asia-east1":
        assert nearest.region == region
    others = {"aws/us-east-1", "aws/eu-west-1"} - {nearest.region}
    one = space(row(chat(), WEST if "aws/eu-west-1" in others else EAST))
    other = resolve(one, CATALOG, "chat", origin=origin).nearest
    assert other is not None
    assert (nearest.round_trip, nearest.region) < (other.round_trip, other.region)


def test_round_trips_are_the_catalog_s() -> None:
    alone = space(row(chat(), WEST))
    for origin, expected in {
        "US": CATALOG.round_trip("US", "aws/eu-west-1"),
        "us-east-1": 80_000,  # as measured, in the other direction
        "TW": CATALOG.round_trip("TW", "aws/eu-west-1"),
        "24.1,120.7": CATALOG.fitted_round_trip((24.1, 120.7), "aws/eu-west-1"),
        "asia-east1": CATALOG.fitted_round_trip((24.1, 120.7), "aws/eu-west-1"),
    }.items():
        nearest = resolve(alone, CATALOG, "chat", origin=origin).nearest
        assert nearest is not None
        assert nearest.round_trip == expected


def test_distances_are_great_circles() -> None:
    nearest = resolve(space(row(chat(), WEST)), CATALOG, "chat", origin="24.1,120.7").nearest
    assert nearest is not None
    assert nearest.distance_km == distance_km((24.1, 120.7), (53.3, -6.3))


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("nowhere", "PL304"),
        ("", "PL304"),
        ("1,2,3", "PL304"),
        ("91,0", "PL401"),
        ("nan,0", "PL401"),
    ],
)
def test_an_origin_that_means_nothing_is_bad_input(origin: str, code: str) -> None:
    with pytest.raises(InputError) as wrong:
        resolve(BOTH, CATALOG, "chat", origin=origin)
    (found,) = wrong.value.diagnostics
    assert found.code == code


def test_a_region_of_two_providers_is_ambiguous() -> None:
    twin = replace(CATALOG.regions["aws/us-east-1"], provider="gcp")
    both = replace(CATALOG, regions={**CATALOG.regions, twin.key: twin})
    with pytest.raises(InputError) as wrong:
        resolve(BOTH, both, "chat", origin="us-east-1")
    (found,) = wrong.value.diagnostics
    assert (found.code, found.suggestion) == ("PL308", "say `aws/us-east-1`, `gcp/us-east-1`")


def test_the_command_line_says_it_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    import typer

    def command() -> ExitCode:
        resolve(ONLY_DEV, CATALOG, "chat")
        return ExitCode.DONE

    with pytest.raises(typer.Exit) as left:
        guarded(command)()
    assert left.value.exit_code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("no endpoint: `chat` is not deployed in `production`")
