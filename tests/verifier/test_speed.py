"""The cost of judging a plan follows its rows, not the nodes of the fleet."""

from __future__ import annotations

import time

from placement.plan.plan import Plan
from placement.verifier import verify
from tests.verifier.fleet import (
    EAST,
    WEST,
    At,
    deployment,
    fleet,
    gpu_group,
    plan_of,
    workspace,
)

GROUPS, NODES, DEPLOYMENTS, ROWS = 200, 500, 600, 6_000


def test_six_thousand_rows_on_a_hundred_thousand_nodes_take_a_second() -> None:
    catalog = fleet(
        *(
            gpu_group(f"g{index:03}", EAST if index % 2 else WEST, "a", "T4", NODES)
            for index in range(GROUPS)
        )
    )
    each = ROWS // DEPLOYMENTS
    space = workspace(
        *(
            deployment(
                f"d{index:04}",
                replicas=each,
                labels={"app": str(index)},
                spread=[{"over": "node", "maxPerDomain": 1}, {"over": "region", "minDomains": 2}],
                separateFrom=[
                    {"selector": {"matchLabels": {"app": str(index + 1)}}, "over": "node"}
                ],
            )
            for index in range(DEPLOYMENTS)
        )
    )
    places = [
        At(f"d{index:04}", f"g{(index * each + k) % GROUPS:03}/{(index * each + k) // GROUPS}")
        for index in range(DEPLOYMENTS)
        for k in range(each)
    ]
    space = space.with_running(plan_of(catalog, space, *places))
    text = plan_of(catalog, space, *places).to_json()
    started = time.process_time()
    report = verify(catalog, space, Plan.from_json(text))
    seconds = time.process_time() - started
    assert report.violations == ()
    assert seconds < 4  # about 0.6 s on an idle core; 30,000 rows take 3 s
