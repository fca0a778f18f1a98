"""What is recorded and cannot be read: damage, whatever the reader trips over."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import NoResultFound

from placement.errors import InputError

_SIGNS = (InputError, ValueError, LookupError, zlib.error, NoResultFound)


class DamagedError(Exception):
    """A record that no version of this package has written."""


@contextmanager
def recorded(what: str) -> Iterator[None]:
    """Turn whatever reading a record trips over into damage of ``what``."""
    try:
        yield
    except _SIGNS as error:
        raise DamagedError(f"{what} cannot be read") from error
