"""The planner for event loops: each call runs in a thread and is cancelled with its task."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from placement.planner import Planner

if TYPE_CHECKING:
    from typing import Unpack

    from placement.catalog.catalog import Catalog
    from placement.explanation.values import Explanation
    from placement.headroom.values import Headroom
    from placement.plan.plan import Plan
    from placement.planner import TransactOptions
    from placement.preview import Preview
    from placement.recommendation import Recommendation
    from placement.workspace.refusal import Conflict, Repair
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import ModelDeployment, Workspace

T = TypeVar("T")


class AsyncPlanner:
    """A ``Planner`` whose methods are awaited.

    A call whose task is cancelled ends its solve; nothing of it is returned. At most ``parallel``
    calls run at once, the others wait.

    Parameters
    ----------
    planner : Planner or Catalog
        A planner to share, or the catalog for a new one.
    parallel : int
        Calls that run at once.
    """

    def __init__(self, planner: Planner | Catalog, *, parallel: int = 2) -> None:
        self.planner = planner if isinstance(planner, Planner) else Planner(planner)
        self._free = asyncio.Semaphore(parallel)

    async def plan(self, workspace: Workspace, **options: Any) -> Plan:
        """As ``Planner.plan``."""
        return await self._call(self.planner.plan, workspace, **options)

    async def transact(self, transition: Transition, **options: Unpack[TransactOptions]) -> Preview:
        """As ``Planner.transact``."""
        return await self._call(self.planner.transact, transition, **options)

    async def release(
        self, workspace: Workspace, model: str, *, source: str, target: str, **options: Any
    ) -> Preview:
        """As ``Planner.release``."""
        return await self._call(
            self.planner.release, workspace, model, source=source, target=target, **options
        )

    async def deploy(
        self, workspace: Workspace, deployment: ModelDeployment, **options: Unpack[TransactOptions]
    ) -> Preview:
        """As ``Planner.deploy``."""
        return await self._call(self.planner.deploy, workspace, deployment, **options)

    async def apply_change(
        self,
        workspace: Workspace,
        after: Workspace | None = None,
        **options: Unpack[TransactOptions],
    ) -> Preview:
        """As ``Planner.apply_change``."""
        return await self._call(self.planner.apply_change, workspace, after, **options)

    async def recommend(
        self, workspace: Workspace, deployment: ModelDeployment, *, top: int = 5
    ) -> tuple[Recommendation, ...]:
        """As ``Planner.recommend``."""
        async with self._free:
            return await asyncio.to_thread(self.planner.recommend, workspace, deployment, top=top)

    async def explain(self, workspace: Workspace, model: str, **question: str) -> Explanation:
        """As ``Planner.explain``."""
        async with self._free:
            return await asyncio.to_thread(self.planner.explain, workspace, model, **question)

    async def conflicts(
        self, workspace: Workspace, model: str | None = None, **options: Any
    ) -> tuple[Conflict, ...]:
        """As ``Planner.conflicts``."""
        return await self._call(self.planner.conflicts, workspace, model, **options)

    async def repairs(
        self, workspace: Workspace, conflict: Conflict, **options: Any
    ) -> tuple[Repair, ...]:
        """As ``Planner.repairs``."""
        return await self._call(self.planner.repairs, workspace, conflict, **options)

    async def headroom(self, workspace: Workspace, deployment: ModelDeployment) -> Headroom:
        """As ``Planner.headroom``."""
        async with self._free:
            return await asyncio.to_thread(self.planner.headroom, workspace, deployment)

    async def _call(self, method: Callable[..., T], *args: Any, **options: Any) -> T:
        """Run a method in a thread; if the task is cancelled, so is the solve."""
        cancelled = _Either(options.pop("cancel", None))
        async with self._free:
            work = asyncio.ensure_future(
                asyncio.to_thread(method, *args, cancel=cancelled, **options)
            )
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                cancelled.set()
                await asyncio.wait([work])
                raise


class _Either(threading.Event):
    """Set by its task or by the caller's own token."""

    def __init__(self, other: Any) -> None:
        super().__init__()
        self._other = other

    def is_set(self) -> bool:
        """Whether either says so."""
        return super().is_set() or (self._other is not None and self._other.is_set())
