"""What the store hands out, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from placement.catalog.text import visible
from placement.plan.document import running_digest, sha256

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True)
class Snapshot:
    """The state at one serial.

    Attributes
    ----------
    lineage : str
        UUID of the store: serials of different stores have nothing in common.
    serial : int
        How many changes were committed; 0 is the empty store.
    workspace : Workspace
        What is asked, with what runs in ``running``.
    catalog : Catalog or None
        Of the last commit; None in an empty store.
    """

    lineage: str
    serial: int
    workspace: Workspace
    catalog: Catalog | None

    @property
    def catalog_digest(self) -> str | None:
        """Digest of the catalog, or None."""
        return None if self.catalog is None else self.catalog.digest

    @cached_property
    def digest(self) -> str:
        """``sha256:`` over the digests of the documents, the running rows and the catalog."""
        parts = (
            self.workspace.digest,
            running_digest(self.workspace.running),
            self.catalog_digest or "",
        )
        return sha256("\n".join(parts))


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed change.

    Attributes
    ----------
    serial, parent : int
        The state it made, and the one it was made for.
    at : datetime
        In UTC.
    kind, arguments
        Of the transition; ``plan`` and nothing for a plan that changes running rows only.
    plan_digest, state_digest, catalog_digest : str
        Of the plan as committed, of the state it made, and of the catalog it was made with.
    """

    serial: int
    parent: int
    at: datetime
    author: str
    reason: str
    kind: str
    arguments: Mapping[str, str]
    plan_digest: str
    state_digest: str
    catalog_digest: str

    def __str__(self) -> str:
        """Say what was done, on one line."""
        author, at = visible(self.author), f"{self.at:%Y-%m-%d %H:%M:%S}Z"
        return f"{self.serial} by {author} ({self.kind}) at {at}"


@dataclass(frozen=True, slots=True)
class Previous:
    """What the newest change of a deployment that is not rolled back has replaced.

    Attributes
    ----------
    serial : int
        The change.
    deployment : ModelDeployment or None
        As it was before, with its own policies; None if the change created it.
    """

    serial: int
    deployment: ModelDeployment | None


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is committing.

    Attributes
    ----------
    holder : str
        ``user@host pid command``.
    since, expires : datetime
        In UTC.
    """

    holder: str
    since: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """One serial, made again from the plan documents alone.

    Attributes
    ----------
    snapshot : Snapshot
        As the documents make it.
    faults : tuple of str
        What differs from what is recorded; empty if nothing does.
    """

    entry: Entry
    snapshot: Snapshot
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether documents, digests and tables agree."""
        return not self.faults
