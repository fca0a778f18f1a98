"""Equal input gives equal bytes: in any order, in any process, under any hash seed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

WORLDS = 100


def documents(*, hash_seed, order):
    """Return what a process of its own prints about the documents of all worlds."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.planner.documents", str(order), str(WORLDS)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )
    return done.stdout.splitlines()


@pytest.mark.slow
def test_neither_order_nor_hash_seed_reaches_a_document():
    one = documents(hash_seed=1, order=0)
    other = documents(hash_seed=2, order=1000)
    assert len(one) == WORLDS
    assert len({line.split()[1] for line in one}) > 0.9 * WORLDS
    assert [a for a, b in zip(one, other, strict=True) if a != b] == []
