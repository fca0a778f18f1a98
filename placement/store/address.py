"""Where a store is: a file for SQLite, or a PostgreSQL database by its URL."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from placement.errors import Diagnostic, InputError
from placement.store.codes import Code

POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
SQLITE = ("sqlite", "sqlite+pysqlite")
ADVICE = "use a path, `sqlite:///PATH` or `postgresql://USER@HOST/DATABASE`"


@dataclass(frozen=True)
class Address:
    """One place of a store.

    Attributes
    ----------
    url : URL
        With the driver in it.
    shown : str
        For people: without password and options.
    file : Path or None
        Of an SQLite database.
    """

    url: URL
    shown: str
    file: Path | None = None

    def fail(self, code: Code, message: str, suggestion: str | None = None) -> NoReturn:
        """Raise an InputError about this place."""
        raise InputError([Diagnostic(self.shown, 1, 1, code, self._safe(message), suggestion)])

    def _safe(self, text: str) -> str:
        """Return a text without the password, wherever a driver repeats it."""
        secrets = [self.url.password, *self.url.normalized_query.get("password", ())]
        for secret in filter(None, secrets):
            text = text.replace(secret, "***")
        return text


def read_address(text: str) -> Address:
    """Read a URL or the path of a file.

    Raises
    ------
    InputError
        If it is neither, or no driver for it is installed.
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        return _file(text, text)
    if scheme in SQLITE:
        name, _, options = rest.partition("?")
        if options:
            _fail(scheme, f"options such as `{options[:40]}` are not read here")
        return _file(name[1:] if name.startswith("/") else "", text)
    if scheme not in POSTGRESQL:
        _fail(scheme, f"`{scheme[:40]}` is not a database that a store can be in")
    return _server(_parsed(text, scheme))


def _parsed(text: str, scheme: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # The text is not repeated: where the password begins cannot be told.
        _fail(scheme, "the URL cannot be read")


def _file(name: str, shown: str) -> Address:
    if name in ("", ":memory:") or "\0" in name:
        Address(URL.create("sqlite"), shown).fail(
            Code.BAD_URL, "a store needs the path of a file", ADVICE
        )
    path = Path(name)
    return Address(URL.create("sqlite+pysqlite", database=str(path)), shown, path)


def _server(url: URL) -> Address:
    if "@" in (url.host or ""):  # then the host begins within the password
        _fail("postgresql", "there is more than one `@`; in a password write `%40`")
    url = url.set(drivername="postgresql+psycopg")
    place = url.host or "local"
    port = f":{url.port}" if url.port else ""
    address = Address(url, f"postgresql://{place}{port}/{url.database or ''}")
    if find_spec("psycopg") is None:
        advice = "pip install 'placement[postgresql]'"
        message = "the driver `psycopg` of PostgreSQL is not installed"
        address.fail(Code.NO_DRIVER, message, advice)
    return address


def _fail(scheme: str, message: str) -> NoReturn:
    place = f"{scheme[:40]}://..."
    raise InputError([Diagnostic(place, 1, 1, Code.BAD_URL, message, ADVICE)])
