"""The store that a command works on: where it is, what it holds, and who signs."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from placement.cli.faults import check_text
from placement.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.store.store import Store
    from placement.store.values import Snapshot

DEFAULT_FILE = Path(".placement", "state.db")
DEFAULT_URL = f"sqlite:///{DEFAULT_FILE}"
URL_VARIABLE = "PLACEMENT_STORE"
AUTHOR_VARIABLE = "PLACEMENT_AUTHOR"


def author() -> str:
    """Return who signs a change: ``PLACEMENT_AUTHOR``, else ``user@host``."""
    given = os.environ.get(AUTHOR_VARIABLE, "").strip()
    if given:
        check_text(given)
        return given
    from placement.store.leasing import user

    return f"{user()}@{socket.gethostname()}"


@contextmanager
def opened(url: str | None, *, create: bool = False) -> Iterator[Store]:
    """Open the store at a URL, or in the default place."""
    from placement.store.store import Store

    with Store.open(url or DEFAULT_URL, create=create) as store:
        yield store


@contextmanager
def opened_if_there(url: str | None) -> Iterator[Store | None]:
    """Open a store; None if there is none yet."""
    from placement.store.codes import Code
    from placement.store.store import Store

    try:
        store = Store.open(url or DEFAULT_URL, create=False)
    except InputError as error:
        if {finding.code for finding in error.diagnostics} != {Code.NO_STORE}:
            raise
        yield None
    else:
        with store:
            yield store


def named(url: str | None) -> str | None:
    """Return the URL that was given, else the default place if a store is there, else None."""
    if url is not None:
        return url
    return DEFAULT_URL if DEFAULT_FILE.is_file() else None


def unless_current(url: str | None, current: Path | None) -> str | None:
    """Return the URL, or None if a plan says what runs; both on one command line is an error."""
    if current is None or url is None:
        return url
    if is_standing(url):
        return None
    raise typer.BadParameter("both --current and --store say what runs; name one of them")


def is_standing(url: str) -> bool:
    """Whether a URL is that of the environment: a standing wish gives way to a present one."""
    return os.environ.get(URL_VARIABLE) == url


def head_of(store: Store | None) -> Snapshot:
    """Return the newest state; that of an empty store if there is none."""
    if store is not None:
        return store.head()
    from placement.store.values import Snapshot
    from placement.workspace.making import make_workspace

    return Snapshot("", 0, make_workspace(), None)


def shown(url: str | None) -> str:
    """Return where a store is, or would be, without a password."""
    from placement.store.address import read_address

    return read_address(url or DEFAULT_URL).shown


def check_plan(store: Store | None, head: Snapshot, plan: Plan, catalog: Catalog | None) -> None:
    """Refuse a plan that could not be committed now, before anybody reads it."""
    if store is not None:
        store.check_plan(plan, catalog=catalog)
    elif catalog is not None:
        from placement.store.judging import Judge

        Judge(head, plan.basis.serial).judge(plan, catalog)


def read_head(url: str | None) -> Snapshot:
    """Return the newest state of a store that must be there."""
    with opened(url) as store:
        return store.head()


def recorded_catalog(url: str | None) -> Catalog | None:
    """Return the catalog that a store, or the one in the default place, was last used with."""
    place = named(url)
    if place is None:
        return None
    with opened_if_there(place) as store:
        return head_of(store).catalog
