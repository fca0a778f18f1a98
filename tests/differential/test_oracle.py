"""The oracle against optima worked out by hand and against a dumber enumerator."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.differential.enumerator import best_value, size
from tests.worlds.generator import random_world
from tests.worlds.oracle import optimum
from tests.worlds.rules import half_even, pack
from tests.worlds.world import (
    Deployment,
    Environment,
    Gpu,
    Group,
    Peers,
    Policy,
    Region,
    Reserved,
    Row,
    Spread,
    World,
)

USD = 10**9
MICRO = 10**6

US = Region("aws", "us", "US", "NA", 400_000)
CA = Region("gcp", "ca", "CA", "NA", 100_000)
DE = Region("aws", "de", "DE", "EU", 300_000)
REGIONS = (US, CA, DE)
LATENCY = tuple(
    (a.key, b.key, value)
    for a, b, value in (
        (US, US, 1000),
        (CA, CA, 1000),
        (DE, DE, 1000),
        (DE, US, 90_000),
        (DE, CA, 110_000),
        (CA, US, 20_000),
    )
)


def gpu_group(name: str, region: Region, price: float, gpus: int = 1, **fields) -> Group:
    flavor = fields.pop("flavor", "T4")
    return Group(
        name, region.key, "a", "gpu", flavor, gpus, 8000, 32_000, int(price * USD), **fields
    )


def cpu_group(name: str, region: Region, price: float, **fields) -> Group:
    return Group(
        name, region.key, "a", "cpu", "x86_64", 0, 8000, 32_000, int(price * USD), **fields
    )


CHEAP = gpu_group("cheap", US, 1)
DEAR = gpu_group("dear", DE, 3)


def ask(name: str = "m", **fields) -> Deployment:
    return Deployment(name, fields.pop("environment", "production"), **fields)


def make_world(groups, deployments, **fields) -> World:
    policies = fields.pop("attached", {})
    return World(
        regions=REGIONS,
        gpus=(Gpu("T4", 16_000, 70), Gpu("A100", 40_000, 400)),
        groups=tuple(groups),
        deployments=tuple(deployments),
        environments=tuple(
            Environment(name, policies.get(name, ())) for name in ("development", "production")
        ),
        latency=LATENCY,
        **fields,
    )


def tiers(world: World) -> dict[str, int]:
    return dict(optimum(world).tiers)


def running(node: str, replicas: int = 1, gpus: int = 1000, **fields) -> Row:
    name = fields.pop("model", "m")
    version = fields.pop("version", "v1")
    return Row(name, "production", version, node, replicas, replicas * gpus, **fields)


def test_the_cheapest_node_is_used_first():
    world = make_world([CHEAP, DEAR], [ask(replicas=2)])
    assert tiers(world) == {"unplaced": 0, "moves": 0, "cost": 4 * MICRO}


def test_what_does_not_fit_is_unplaced_and_costs_nothing():
    world = make_world([CHEAP], [ask(replicas=3)])
    assert tiers(world) == {"unplaced": 2000, "moves": 0, "cost": MICRO}


def test_fewer_than_the_minimum_is_none():
    world = make_world([CHEAP], [ask(replicas=3, min_replicas=2)])
    assert tiers(world) == {"unplaced": 3000, "moves": 0, "cost": 0}


def test_a_high_priority_takes_the_only_gpu_whatever_its_size():
    small, large = ask("small", priority=1, gpus=500), ask("large")
    assert tiers(make_world([CHEAP], [small, large])) == {
        "unplaced:1": 0,
        "unplaced:0": 1000,
        "moves": 0,
        "cost": MICRO // 2,
    }


def test_a_disabled_deployment_leaves_its_place_and_its_class():
    world = make_world([CHEAP], [ask("a"), ask("b", enabled=False, priority=5)])
    assert tiers(world) == {"unplaced": 0, "moves": 0, "cost": MICRO}


def test_two_policies_of_a_type_on_one_level_widen_and_on_two_levels_narrow():
    us = Policy("us", "location", (("country", "USA"),))
    de = Policy("de", "location", (("continent", "Europe"),))
    both = {"policies": (us, de), "attached": {"production": ("us", "de")}}
    assert tiers(make_world([CHEAP, DEAR], [ask(replicas=2)], **both))["unplaced"] == 0
    split = {"policies": (us, de), "attached": {"production": ("us",)}}
    apart = ask(replicas=2, policies=("de",))
    assert tiers(make_world([CHEAP, DEAR], [apart], **split))["unplaced"] == 2000


def test_a_policy_that_does_not_target_the_deployment_is_as_if_not_attached():
    de = Policy("de", "location", (("bloc", "EU"),), selector=(("team", "x"),))
    us = Policy("us", "location", (("region", "us"),))
    fields = {"policies": (de, us), "attached": {"production": ("de", "us")}}
    assert tiers(make_world([CHEAP, DEAR], [ask()], **fields))["cost"] == MICRO
    labelled = ask(labels=(("team", "x"),), replicas=2)
    assert tiers(make_world([CHEAP, DEAR], [labelled], **fields))["unplaced"] == 0


def test_an_observed_policy_does_not_bind():
    de = Policy("de", "location", (("country", "DE"),), observe=True)
    fields = {"policies": (de,), "attached": {"production": ("de",)}}
    assert tiers(make_world([CHEAP, DEAR], [ask()], **fields))["cost"] == MICRO


def test_a_price_limit_is_per_gpu_and_lets_cpu_nodes_pass():
    limit = Policy("limit", "price", ("1.5",))
    fields = {"policies": (limit,), "attached": {"production": ("limit",)}}
    four = gpu_group("four", US, 5, gpus=4)
    assert tiers(make_world([four, DEAR], [ask(replicas=5)], **fields))["unplaced"] == 1000
    cpu = cpu_group("cpu", US, 8)
    assert tiers(make_world([cpu], [ask(gpus=0)], **fields)) == {
        "unplaced": 0,
        "moves": 0,
        "cost": MICRO,
    }


def test_an_unknown_intensity_never_satisfies_a_carbon_limit():
    limit = Policy("limit", "carbon", (1000,))
    fields = {"policies": (limit,), "attached": {"production": ("limit",)}}
    world = make_world([CHEAP, DEAR], [ask()], **fields)
    dark = replace(world, regions=(replace(US, carbon=None), CA, DE))
    assert tiers(world)["cost"] == MICRO
    assert tiers(dark)["cost"] == 3 * MICRO


def test_shares_do_not_span_gpus():
    two = gpu_group("two", US, 2, gpus=2)
    assert tiers(make_world([two], [ask(gpus=600, replicas=3)]))["unplaced"] == 600
    assert tiers(make_world([two], [ask(gpus=500, replicas=4)]))["unplaced"] == 0


def test_a_whole_gpu_is_one_that_no_share_touches():
    two = gpu_group("two", US, 2, gpus=2)
    shares, whole = ask("s", gpus=250, replicas=4), ask("w")
    assert tiers(make_world([two], [shares, whole]))["unplaced"] == 0
    more = replace(shares, gpus=300)
    assert tiers(make_world([two], [more, whole])) == {
        "unplaced": 300,
        "moves": 0,
        "cost": 3 * 300_000 + MICRO,
    }


def test_a_partial_gpu_takes_shares_up_to_its_fraction_at_the_price_of_its_part():
    part = gpu_group("part", US, 1, fraction=Fraction(1, 3))
    assert tiers(make_world([part], [ask(gpus=333)])) == {
        "unplaced": 0,
        "moves": 0,
        "cost": 999_000,
    }
    assert tiers(make_world([part], [ask(gpus=334)]))["unplaced"] == 334
    assert tiers(make_world([part], [ask()]))["unplaced"] == 1000


def test_a_share_has_its_part_of_the_gpu_memory():
    assert tiers(make_world([CHEAP], [ask(gpus=500, gpu_memory=8000)]))["unplaced"] == 0
    assert tiers(make_world([CHEAP], [ask(gpus=500, gpu_memory=8001)]))["unplaced"] == 500
    assert tiers(make_world([CHEAP], [ask(gpu_memory=16_000)]))["unplaced"] == 0


def test_a_reserved_part_of_a_gpu_blocks_the_whole_and_leaves_the_rest():
    held = (Reserved("cheap/0", gpus=400),)
    assert tiers(make_world([CHEAP], [ask()], reserved=held))["unplaced"] == 1000
    assert tiers(make_world([CHEAP], [ask(gpus=600)], reserved=held))["unplaced"] == 0


def test_reserved_gpus_are_taken_from_the_highest_index_whole_ones_first():
    four = gpu_group("four", US, 4, gpus=4)
    world = make_world([four], [ask(gpus=500)], reserved=(Reserved("four/0", gpus=2500),))
    assert tiers(world)["unplaced"] == 0
    assert tiers(world.change(("m", "production"), gpus=600, replicas=2))["unplaced"] == 600
    assert tiers(world.change(("m", "production"), gpus=500, replicas=3))["unplaced"] == 0


def test_cpus_bind_where_gpus_do_not():
    two = gpu_group("two", US, 2, gpus=2)
    assert tiers(make_world([two], [ask(cpus=5000, replicas=2)]))["unplaced"] == 1000


def test_an_extra_resource_that_a_node_lacks_keeps_it_out():
    with_extra = replace(DEAR, extra=(("fpga", 1000),))
    world = make_world([CHEAP, with_extra], [ask(extra=(("fpga", 1000),))])
    assert tiers(world)["cost"] == 3 * MICRO


def test_no_gpus_means_cpu_nodes_unless_the_flavors_name_a_gpu():
    cpu = cpu_group("cpu", US, 8)
    assert tiers(make_world([CHEAP, cpu], [ask(gpus=0)]))["cost"] == MICRO
    either = ask(gpus=0, flavors=(("gpu", "T4"), ("cpu", "x86_64")))
    assert tiers(make_world([CHEAP, cpu], [either]))["cost"] == MICRO // 8
    only = ask(flavors=(("cpu", "x86_64"),))
    assert tiers(make_world([CHEAP, cpu], [only])) == {"unplaced": 0, "moves": 0, "cost": MICRO}


def test_at_most_so_many_per_domain():
    four = gpu_group("four", US, 4, gpus=4)
    capped = ask(replicas=3, spread=(Spread("country", max_per_domain=2),))
    assert tiers(make_world([four, DEAR], [capped]))["cost"] == 5 * MICRO


def test_at_least_so_many_domains_or_none():
    four = gpu_group("four", US, 4, gpus=4)
    wide = ask(replicas=2, spread=(Spread("region", min_domains=3),))
    assert tiers(make_world([four, DEAR], [wide]))["cost"] == 4 * MICRO
    assert tiers(make_world([four], [wide]))["unplaced"] == 2000


def test_skew_counts_empty_domains_that_are_eligible_and_not_those_that_are_not():
    four = gpu_group("four", US, 4, gpus=4)
    even = ask(replicas=4, spread=(Spread("region", max_skew=1),))
    assert tiers(make_world([four, DEAR], [even]))["unplaced"] == 1000
    other = replace(DEAR, flavor="A100")
    flavored = replace(even, flavors=(("gpu", "T4"),))
    assert tiers(make_world([four, other], [flavored]))["unplaced"] == 0
    drained = replace(DEAR, state="draining")
    assert tiers(make_world([four, drained], [even]))["unplaced"] == 0
    cordoned = replace(DEAR, state="cordoned")
    assert tiers(make_world([four, cordoned], [even]))["unplaced"] == 3000


def test_separation_is_mutual_and_never_from_itself():
    two = gpu_group("two", US, 2, gpus=2)
    alone = ask("a", separate_from=(Peers("continent"),), replicas=2)
    assert tiers(make_world([two], [alone]))["unplaced"] == 0
    near = gpu_group("near", CA, 2)
    apart = [replace(alone, replicas=1), ask("b", labels=(("x", "y"),))]
    assert tiers(make_world([two, near, DEAR], apart))["cost"] == 4 * MICRO
    named = replace(apart[0], separate_from=(Peers("node", (("x", "z"),)),))
    assert tiers(make_world([two, near], [named, apart[1]]))["cost"] == 2 * MICRO


def test_separation_may_name_an_environment():
    two = gpu_group("two", US, 2, gpus=2)
    rule = (Peers("node", (), "development"),)
    pair = [ask("a", separate_from=rule), ask("b")]
    assert tiers(make_world([two, DEAR], pair))["cost"] == 2 * MICRO
    moved = [pair[0], ask("b", environment="development")]
    assert tiers(make_world([two, DEAR], moved))["cost"] == 4 * MICRO


def test_colocation_is_one_way_and_needs_somebody():
    tied = ask("a", together_with=(Peers("region", (("x", "y"),)),))
    assert tiers(make_world([CHEAP], [tied]))["unplaced"] == 1000
    two = gpu_group("two", DE, 6, gpus=2)
    near = gpu_group("near", CA, 1, flavor="A100")
    anchor = ask("b", labels=(("x", "y"),), flavors=(("gpu", "A100"),))
    assert tiers(make_world([two, near], [tied, anchor]))["unplaced"] == 1000
    free = replace(anchor, flavors=())
    assert tiers(make_world([two, near], [tied, free]))["cost"] == 6 * MICRO


def test_staying_is_worth_more_than_saving():
    world = make_world([CHEAP, DEAR], [ask()], running=(running("dear/0"),))
    assert tiers(world) == {"unplaced": 0, "moves": 0, "cost": 3 * MICRO}


def test_moving_is_better_than_leaving_another_unplaced():
    flexible, fixed = ask("m"), ask("n", flavors=(("gpu", "T4"),))
    other = replace(DEAR, flavor="A100")
    world = make_world([CHEAP, other], [flexible, fixed], running=(running("cheap/0"),))
    assert tiers(world) == {"unplaced": 0, "moves": 1000, "cost": 4 * MICRO}


def test_scaling_down_is_no_move():
    rows = (running("cheap/0"), running("dear/0"))
    assert tiers(make_world([CHEAP, DEAR], [ask(replicas=1)], running=rows)) == {
        "unplaced": 0,
        "moves": 0,
        "cost": MICRO,
    }


def test_a_new_version_is_placed_afresh():
    rows = (running("dear/0", version="v0"),)
    assert tiers(make_world([CHEAP, DEAR], [ask()], running=rows))["cost"] == MICRO
    resized = (running("dear/0", gpus=500, gpu=0),)
    assert tiers(make_world([CHEAP, DEAR], [ask()], running=resized))["cost"] == MICRO


def test_cordoned_keeps_what_runs_and_takes_nothing_new():
    two = gpu_group("two", US, 2, gpus=2, state="cordoned")
    world = make_world([two, DEAR], [ask(replicas=2)], running=(running("two/0"),))
    assert tiers(world) == {"unplaced": 0, "moves": 0, "cost": 4 * MICRO}


@pytest.mark.parametrize("state", ["draining", "lost"])
def test_what_must_leave_is_neither_moved_nor_displaced(state):
    gone = replace(DEAR, state=state)
    world = make_world([CHEAP, gone], [ask()], running=(running("dear/0"),))
    assert tiers(world) == {"unplaced": 0, "moves": 0, "cost": MICRO}
    assert tiers(replace(world, groups=(gone,))) == {"unplaced": 1000, "moves": 0, "cost": 0}


def test_rows_on_nodes_that_do_not_exist_are_forced_off():
    rows = (running("cheap/7"), running("nowhere/0"))
    world = make_world([CHEAP], [ask(replicas=1)], running=rows)
    assert tiers(world) == {"unplaced": 0, "moves": 0, "cost": MICRO}


def test_a_running_replica_is_not_given_up_for_a_higher_priority():
    world = make_world([CHEAP], [ask("m"), ask("n", priority=9)], running=(running("cheap/0"),))
    assert tiers(world) == {"unplaced:9": 1000, "unplaced:0": 0, "moves": 0, "cost": MICRO}


def test_what_can_no_longer_stay_is_displaced_the_lowest_priority_first():
    two = gpu_group("two", US, 2, gpus=2)
    rows = (running("two/0"), running("two/0", model="n"))
    deployments = [ask("m"), ask("n", priority=9)]
    held = (Reserved("two/0", gpus=1000),)
    assert tiers(make_world([two], deployments, running=rows, reserved=held)) == {
        "displaced:0": 1000,
        "unplaced:9": 0,
        "unplaced:0": 1000,
        "moves": 0,
        "cost": MICRO,
    }


def test_a_node_in_use_is_paid_whole_once():
    two = gpu_group("two", US, 2, gpus=2)
    world = make_world([two, CHEAP, DEAR], [ask(replicas=2)], billing="node")
    assert tiers(world)["cost"] == 2 * MICRO
    assert tiers(world.change(("m", "production"), replicas=3))["cost"] == 3 * MICRO
    assert tiers(world.change(("m", "production"), gpus=500, replicas=1))["cost"] == MICRO


def test_money_is_rounded_to_the_even_micro_dollar():
    assert [half_even(Fraction(n, 2)) for n in (1, 3, 5)] == [0, 2, 2]
    odd = gpu_group("odd", US, 0, gpus=2)
    world = make_world([replace(odd, price=3000)], [ask()])
    assert tiers(world)["cost"] == 2


def test_carbon_counts_gpus_and_cpus_at_the_grid_of_the_region():
    world = make_world([CHEAP, DEAR], [ask(cpus=2000)], objective="carbon")
    assert tiers(world)["carbon"] == (70 + 7) * 300
    dark = replace(world, regions=(US, CA, replace(DE, carbon=None)))
    assert tiers(dark)["carbon"] == 77 * 400
    unknown = replace(world, gpus=(Gpu("T4", 16_000, None), Gpu("A100", 40_000, 400)))
    assert tiers(unknown)["carbon"] == 407 * 300


def test_latency_is_weighted_by_origin_and_by_gpus():
    origins = (("DE", Decimal(3)), ("US", Decimal(1)))
    world = make_world([CHEAP, DEAR], [ask(origins=origins)], objective="latency")
    assert tiers(world)["latency"] == 1000 * (3 * 1000 + 90_000) // 4
    assert tiers(replace(world, groups=(CHEAP,)))["latency"] == 1000 * (3 * 90_000 + 1000) // 4
    assert tiers(world.change(("m", "production"), origins=()))["latency"] == 0


def test_a_mix_adds_millionths_of_each_unit():
    mix = "mix:carbon=0.05,cost=2"
    world = make_world([CHEAP], [ask(cpus=2000)], objective=mix)
    assert tiers(world)[mix] == 5 * 77 * 400 * 1000 + 200 * MICRO


def test_slots_are_packed_exactly():
    assert pack([600, 600], (1000, 1000), (True, True), 0) == [0, 1]
    assert pack([600, 600], (1000, 1000), (True, True), 1) is None
    assert pack([500, 400, 300, 300, 500], (1000, 1000), (True, True), 0) is not None
    assert pack([], (1000, 700), (True, False), 2) is None


# --- against the dumber enumerator --------------------------------------------------------

CHUNKS = 20
PER_CHUNK = 60
MOST_PLANS = 1300


def shrink(world: World) -> World:
    """Return the world with two deployments of at most two replicas each."""
    few = tuple(
        replace(d, replicas=min(d.replicas, 2), min_replicas=min(d.min_replicas, 2))
        for d in world.deployments[:2]
    )
    keys = {d.key for d in few}
    return replace(
        world, deployments=few, running=tuple(row for row in world.running if row.key in keys)
    )


def tiny_worlds(chunk: int) -> list[World]:
    """Return the shrunken worlds of a chunk of seeds that are small enough to enumerate."""
    seeds = range(chunk * PER_CHUNK, (chunk + 1) * PER_CHUNK)
    worlds = (shrink(random_world(seed)) for seed in seeds)
    return [world for world in worlds if size(world) <= MOST_PLANS]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_oracle_agrees_with_trying_everything(chunk):
    worlds = tiny_worlds(chunk)
    assert len(worlds) >= 15
    wrong = [world.seed for world in worlds if optimum(world).tiers != best_value(world)]
    assert wrong == []
