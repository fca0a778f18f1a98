"""Subjects of reports: a small fleet with a bit of everything, and one whose names are hostile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from placement.catalog.catalog import Catalog, make_catalog
from placement.catalog.rows import Gpu, Region
from placement.report import Form, Subject, content_of, subject_of
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment, Workspace
from tests.cli.conftest import fleet, home, life, manifests, placement
from tests.verifier.fleet import At, deployment, gpu_group, plan_of, policy
from tests.verifier.story import CATALOG, PLAN, SPACE, before

__all__ = ["fleet", "home", "life", "manifests", "placement"]

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</title></style><svg onload=alert(3)>",
    "]]>&amp;&#x3c;b&#x3e;",
    "'onmouseover='alert(4)",
)


@pytest.fixture(scope="session")
def story() -> Subject:
    """A plan with moves, forced replicas, shares, observed policies and unplaced replicas."""
    return subject_of(PLAN, CATALOG, SPACE, before=before(), commands=("placement plan .",))


@pytest.fixture(scope="session")
def hostile() -> Subject:
    """A plan on a fleet in which every name tries to be more than a name."""
    return subject_of(
        plan_of(*hostile_world(), At(HOSTILE[0], f"{HOSTILE[3]}/0")), *hostile_world()
    )


def hostile_world() -> tuple[Catalog, Workspace]:
    script, image, title, entity, handler = HOSTILE
    region = Region(script, image, title, "US", "NA", 38.9, -77.4, 1)
    group = gpu_group(entity, region, handler, title, 2, instance_type=script)
    catalog = make_catalog((region,), (Gpu(title, script, 16_000, image),), (group,))
    rule = policy(image, "provider", providers=[script])
    space = make_workspace(
        [rule],
        [Environment(name="production", policies=(image,))],
        [
            deployment(script, labels={script: title}, replicas=3, version=handler),
            deployment(entity, resources={"gpus": 64}),
        ],
    )
    return catalog, space


@pytest.fixture(scope="session")
def empty() -> Subject:
    """Nothing is asked, and nothing is placed."""
    space = make_workspace()
    return subject_of(plan_of(CATALOG, space), CATALOG, space)


@pytest.fixture(scope="session")
def pages(
    story: Subject, hostile: Subject, empty: Subject, broken: Subject
) -> Callable[[str], str]:
    """The page of each subject, drawn once."""
    subjects = {"story": story, "hostile": hostile, "empty": empty, "broken": broken}

    @cache
    def page(name: str) -> str:
        return content_of(subjects[name], Form.HTML).decode()

    return page


@pytest.fixture(scope="session")
def broken(story: Subject) -> Subject:
    """A plan with a row that was edited: its region exists nowhere, and its cost is wrong."""
    first, *rest = story.plan.assignments
    row = replace(first, region="atlantis", cost=first.cost + 1)
    return subject_of(replace(story.plan, assignments=(row, *rest)), CATALOG, SPACE)
