"""What a planner keeps between calls on one catalog."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.explanation.standing import Standing
    from placement.problem.fleet import Fleet
    from placement.problem.state import State
    from placement.problem.stranding import Kinds
    from placement.workspace.expected import Expected
    from placement.workspace.workspace import Workspace

STATES = 8
"""Workspaces per catalog whose running rows a planner keeps counted."""


class Warm:
    """What is kept between calls on one catalog: only ever what could be computed again."""

    def __init__(self, catalog: Catalog) -> None:
        self.masks: dict[str, NDArray[np.bool_]] = {}
        self._catalog = catalog
        self._lock = threading.Lock()
        self._states: dict[int, State] = {}
        self._standings: dict[int, Standing] = {}
        self._kinds: tuple[tuple[object, ...], Kinds] | None = None

    @cached_property
    def _fleet(self) -> Fleet:
        from placement.problem.fleet import Fleet

        return Fleet(self._catalog)

    def state(self, workspace: Workspace) -> State:
        """Return a workspace with its running rows counted."""
        from placement.problem.state import State

        with self._lock:
            known = self._states.get(id(workspace))
            if known is not None and known.workspace is workspace:
                return known
            state = State.of(workspace, self._fleet)
        self.remember(state)
        return state

    def standing(self, workspace: Workspace) -> Standing:
        """Return a workspace with the replicas that run and may stay, as explanations see them."""
        from placement.explanation.standing import Standing

        with self._lock:
            known = self._standings.get(id(workspace))
            if known is not None and known.workspace is workspace:
                return known
        made = Standing(workspace, self._catalog)
        with self._lock:
            while len(self._standings) >= STATES:
                del self._standings[next(iter(self._standings))]
            self._standings[id(workspace)] = made
        return made

    def remember(self, state: State) -> None:
        """Keep a state for the next call."""
        with self._lock:
            while len(self._states) >= STATES:
                del self._states[next(iter(self._states))]
            self._states[id(state.workspace)] = state

    def kinds(self, expected: Expected, workspace: Workspace) -> Kinds:
        """Return what is expected as arrays, where the policies of a workspace hold."""
        from placement.problem.stranding import kinds_of

        asked = (expected, workspace.policies, workspace.environments)
        known = self._kinds
        if known is None or any(a is not b for a, b in zip(known[0], asked, strict=True)):
            known = (asked, kinds_of(expected, workspace, self._catalog, self.masks))
            self._kinds = known
        return known[1]
