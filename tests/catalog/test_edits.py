"""Changes of capacity, state and price: each gives the catalog that its files would give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.load import load_catalog, load_catalog_texts
from placement.catalog.places import Scope, find_place
from placement.catalog.rows import Gpu, NodeGroup, NodeState, Region
from placement.errors import InputError
from tests.catalog.conftest import Folder

READY, CORDONED, DRAINING, LOST = NodeState
NEAR_WEST = "did you mean `gcp/west` or `gcp/west/b` or `gcp/west/a`?"

T4 = Gpu("T4", "nvidia", 16_000, "Turing")
EAST = Region("aws", "east", "East", "US", "NA", 38.9, -77.4)
WEST = Region("aws", "west", "West", "US", "NA", 45.9, -119.3)
OTHER = Region("gcp", "west", "West", "NL", "EU", 52.4, 4.9)
EMPTY = Region("gcp", "void", "Void", "DE", "EU", 50.1, 8.7)


def group(name: str, region: Region, zone: str, count: int = 2) -> NodeGroup:
    return NodeGroup(name, region, zone, "t", "gpu", "T4", 4, 8000, 32_000, 10**9, count)


FLEET = make_catalog(
    [EAST, WEST, OTHER, EMPTY],
    [T4],
    [
        group("e1", EAST, "a"),
        group("e2", EAST, "b"),
        group("rack", WEST, "a"),
        group("rack/0", OTHER, "a"),
        group("aws", OTHER, "b"),
    ],
    states={"e1/0": CORDONED, "e1/1": DRAINING, "rack/1": LOST},
)


@pytest.fixture
def catalog(folder: Folder) -> Catalog:
    return load_catalog(folder.path)


def states(catalog: Catalog) -> dict[str, NodeState]:
    """Return the state of every node."""
    return {
        group.node(index): catalog.state_of(group, index)
        for group in catalog.node_groups
        for index in range(group.count)
    }


def changed(catalog: Catalog, before: Catalog = FLEET) -> set[str]:
    """Return the nodes whose state is another one than before."""
    then = states(before)
    return {node for node, state in states(catalog).items() if then[node] is not state}


def test_a_node_has_its_own_state_or_that_of_its_group(catalog: Catalog) -> None:
    found = states(catalog)
    assert found["g1/0"] is CORDONED
    assert found["g1/1"] is READY
    assert found["g2/0"] is CORDONED
    assert [found[f"g3/{index}"] for index in range(3)] == [READY, LOST, DRAINING]


def test_nodes_are_counted_by_state(catalog: Catalog) -> None:
    g1, g2, g3 = (catalog.groups_by_name[name] for name in ("g1", "g2", "g3"))
    assert [catalog.states_in(g) for g in (g1, g2)] == [{CORDONED, READY}, {CORDONED}]
    assert [catalog.holding(g) for g in (g1, g2, g3)] == [2, 1, 1]
    assert [catalog.accepting(g) for g in (g1, g2, g3)] == [1, 0, 1]


@pytest.mark.parametrize(
    ("name", "nodes"),
    [
        ("e2/1", {"e2/1"}),
        ("e2", {"e2/0", "e2/1"}),
        ("e1", {"e1/0", "e1/1"}),
        ("aws/east/a", {"e1/0", "e1/1"}),
        ("AWS/East/A", {"e1/0", "e1/1"}),
        ("aws/east", {"e1/0", "e1/1", "e2/0", "e2/1"}),
        ("east", {"e1/0", "e1/1", "e2/0", "e2/1"}),
        ("gcp", {"rack/0/0", "rack/0/1", "aws/0", "aws/1"}),
        ("usa", {"e1/0", "e1/1", "e2/0", "e2/1", "rack/0"}),
        ("Netherlands", {"rack/0/0", "rack/0/1", "aws/0", "aws/1"}),
    ],
)
def test_every_node_of_a_place_is_lost(name: str, nodes: set[str]) -> None:
    after = FLEET.with_state(name, LOST)
    assert changed(after) == nodes
    assert {states(after)[node] for node in nodes} == {LOST}


def test_a_place_that_is_ready_again_has_no_states_of_its_nodes() -> None:
    after = FLEET.with_state("aws/east", LOST).with_state("aws/east", READY)
    assert after.states == {"rack/1": LOST}
    assert after == FLEET.with_state("e1", READY)


def test_a_node_back_in_the_state_of_its_group_is_as_if_it_had_never_left() -> None:
    after = FLEET.with_state("e2/1", DRAINING)
    assert after.states["e2/1"] is DRAINING
    assert after != FLEET
    again = after.with_state("e2/1", READY)
    assert (again, again.digest) == (FLEET, FLEET.digest)


@pytest.mark.parametrize(
    ("name", "scope", "nodes"),
    [
        ("rack/0", Scope.NODE, {"rack/0"}),
        ("rack/0", Scope.NODE_GROUP, {"rack/0/0", "rack/0/1"}),
        ("aws", Scope.NODE_GROUP, {"aws/0", "aws/1"}),
        ("aws", Scope.PROVIDER, {"e1/0", "e1/1", "e2/0", "e2/1", "rack/0"}),
    ],
)
def test_a_name_of_two_things_needs_a_scope(name: str, scope: Scope, nodes: set[str]) -> None:
    with pytest.raises(InputError, match="CT129"):
        FLEET.with_state(name, LOST)
    assert changed(FLEET.with_state(name, LOST, scope=scope)) == nodes


def test_a_bare_code_of_two_regions_names_both() -> None:
    with pytest.raises(InputError) as caught:
        FLEET.with_state("west", LOST)
    (finding,) = caught.value.diagnostics
    assert finding.message == "`west` stands for region `aws/west` and region `gcp/west`"
    assert finding.suggestion == "write its full name, or say which scope is meant"
    assert changed(FLEET.with_state("aws/west", LOST)) == {"rack/0"}


@pytest.mark.parametrize(
    ("name", "scope", "message", "suggestion"),
    [
        ("esat", None, "unknown node or place `esat`", None),
        ("gcp/wset", None, "unknown node or place `gcp/wset`", NEAR_WEST),
        ("aws/esat", None, "unknown node or place `aws/esat`", "nodes are `aws/0` to `aws/1`"),
        ("e2/2", None, "unknown node or place `e2/2`", "nodes are `e2/0` to `e2/1`"),
        ("e2/01", Scope.NODE, "unknown node `e2/01`", "nodes are `e2/0` to `e2/1`"),
        ("e2", Scope.ZONE, "unknown zone `e2`", "it is a node group"),
        ("gcp/void", None, "unknown node or place `gcp/void`", None),
        ("Germany", Scope.COUNTRY, "unknown country `Germany`", None),
        ("", None, "unknown node or place ``", None),
    ],
)
def test_what_has_no_nodes_is_refused(
    name: str, scope: Scope | None, message: str, suggestion: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        find_place(FLEET, name, scope=scope)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.message) == ("CT128", message)
    if suggestion is not None:
        assert finding.suggestion == suggestion


def test_capacity_that_goes_takes_what_is_said_of_its_nodes(catalog: Catalog) -> None:
    less = catalog.with_count("g1", 1).with_count("g3", 1)
    assert less.reserved == {}
    assert less.states == {"g1/0": CORDONED}
    assert less.find_node("g3/1") is None
    more = less.with_count("g3", 3)
    assert more.groups_by_name["g3"] == catalog.groups_by_name["g3"]
    assert "g3/1" not in more.states


def test_a_price_is_of_one_node_group(catalog: Catalog) -> None:
    after = catalog.with_price("g1", 5)
    assert after.groups_by_name["g1"] == replace(catalog.groups_by_name["g1"], price=5)
    assert after.groups_by_name["g2"] is catalog.groups_by_name["g2"]
    assert after.table.price.tolist() == [1, 5, 40_960_000_000, 454_000_000]
    assert catalog.groups_by_name["g1"].price == 3_912_000_000


def test_what_is_not_changed_is_shared(catalog: Catalog) -> None:
    after = catalog.with_state("g1/1", LOST)
    assert after.node_groups[0] is catalog.node_groups[0]
    assert after.regions is catalog.regions
    assert after.latency is catalog.latency


@pytest.mark.parametrize(
    ("edit", "code", "message"),
    [
        (lambda c: c.with_count("g9", 1), "CT128", "unknown node group `g9`"),
        (lambda c: c.with_price("g1/0", 1), "CT128", "unknown node group `g1/0`"),
        (lambda c: c.with_count("g1", -1), "CT115", "count `-1` is negative"),
        (lambda c: c.with_count("g1", 10**7 + 1), "CT117", "count `10000001` is above 10000000"),
        (lambda c: c.with_price("g1", -1), "CT115", "price `-1` is negative"),
        (
            lambda c: c.with_price("g1", 10**15 + 1),
            "CT117",
            "price `1000000000000001` is above 1000000000000000",
        ),
    ],
)
def test_amounts_and_names_at_fault_are_refused(
    catalog: Catalog, edit: Callable[[Catalog], Catalog], code: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        edit(catalog)
    assert [(d.code, d.message) for d in caught.value.diagnostics] == [(code, message)]


def test_the_nearest_node_group_is_suggested(catalog: Catalog) -> None:
    with pytest.raises(InputError) as caught:
        catalog.with_count("g11", 1)
    assert caught.value.diagnostics[0].suggestion == "did you mean `g1`?"


@pytest.mark.parametrize(
    ("edit", "name", "old", "new"),
    [
        (lambda c: c.with_state("g1/1", LOST), "states", "g1/0,", "g1/1,lost\ng1/0,"),
        (lambda c: c.with_state("g1/0", READY), "states", "g1/0,cordoned\n", ""),
        (lambda c: c.with_state("g2", LOST), "nodes", "cordoned", "lost"),
        (lambda c: c.with_state("NA", DRAINING), "nodes", "1,1,,,0", "1,1,,draining,0"),
        (lambda c: c.with_count("g1", 7), "nodes", "3.912,2", "3.912,7"),
        (lambda c: c.with_price("g1", 10**9 // 2), "nodes", "3.912", "0.50"),
    ],
)
def test_an_edit_is_the_catalog_of_edited_files(
    folder: Folder, edit: Callable[[Catalog], Catalog], name: str, old: str, new: str
) -> None:
    after = edit(load_catalog(folder.path))
    folder.replace(name, old, new)
    read = load_catalog(folder.path)
    assert (after, after.digest) == (read, read.digest)


NAMES = ("e1/0", "e2/1", "rack/1", "e1", "aws/east/b", "aws/east", "gcp", "US")
STATE_EDITS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NodeState))
COUNT_EDITS = st.tuples(st.sampled_from(["aws", "rack/0"]), st.integers(0, 4))


@settings(max_examples=60, deadline=None)
@given(edits=st.lists(STATE_EDITS | COUNT_EDITS, min_size=1, max_size=6))
def test_after_any_edits_the_files_give_the_same_catalog(
    edits: list[tuple[str, NodeState | int]],
) -> None:
    catalog = FLEET
    for name, value in edits:
        if isinstance(value, NodeState):
            catalog = catalog.with_state(name, value)
        else:
            catalog = catalog.with_count(name, value)
    read = load_catalog_texts(catalog.to_files())
    assert (catalog, catalog.digest) == (read, read.digest)
