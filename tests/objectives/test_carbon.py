from __future__ import annotations

from dataclasses import replace

import pytest

from placement.catalog.catalog import make_catalog
from placement.objectives.carbon import Carbon, highest_known
from tests.verifier.fleet import GPUS, GROUPS, REGIONS, At, deployment, fleet, view_of, workspace

CATALOG = fleet()


@pytest.mark.parametrize(
    ("node", "resources", "milligrams"),
    [
        # (1 x 70 W + 1 x 3.5 W) x 400 g/kWh = 29.4 g/h
        ("east/0", {"gpus": 1}, 29_400),
        ("west/0", {"gpus": 1}, 22_050),
        ("east/0", {"gpus": "0.5", "cpus": 2}, 16_800),
        ("cpu/0", {"gpus": 0, "cpus": 2}, 2_800),
        # unknown power: 400 W of the A100-40GB; unknown intensity: 400 g/kWh of us-east-1
        ("asia/0", {"gpus": 1}, 161_400),
        # (0.001 x 70 W + 0.001 x 3.5 W) x 300 g/kWh = 22.05 mg/h
        ("west/0", {"gpus": "0.001", "cpus": "0.001"}, 22),
    ],
)
def test_power_times_intensity(node: str, resources: dict[str, int | str], milligrams: int) -> None:
    space = workspace(deployment("chat", replicas=2, resources=resources))
    gpu = 0 if isinstance(resources["gpus"], str) else None
    assert Carbon().check(view_of(CATALOG, space, At("chat", node, 1, gpu))) == milligrams
    assert Carbon().check(view_of(CATALOG, space, At("chat", node, 2, gpu))) == 2 * milligrams


def test_where_nothing_is_known_nothing_counts() -> None:
    regions = {region.key: replace(region, carbon=None) for region in REGIONS}
    groups = [replace(group, region=regions[group.region.key]) for group in GROUPS]
    gpus = [replace(gpu, tdp_w=None) for gpu in GPUS]
    catalog = make_catalog(regions.values(), gpus, groups)
    assert highest_known(CATALOG) == (400_000, 400)
    assert highest_known(catalog) == (0, 0)
    view = view_of(catalog, workspace(deployment("chat")), At("chat", "east/0"))
    assert Carbon().check(view) == 0
