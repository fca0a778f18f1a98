"""A throw-away PostgreSQL server: its own data, a socket in its own folder, no port."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

GIVEN = "PLACEMENT_TEST_POSTGRESQL"
"""Environment variable with the URL of a server to use instead; its user may make databases."""
STARTS_WITHIN = 60.0
UNSAFE = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
"""Switched off: clients are killed here, but never the machine, and no data is kept."""


def find_binaries() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``, newest version first."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    known = shutil.which("initdb")
    folders += [Path(known).resolve().parent] if known else []
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


class Server:
    """A running server that hands out empty databases."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = itertools.count()

    def new_database(self) -> str:
        """Return the URL of an empty database."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        before, mark, options = self.url.partition("?")
        return before.rpartition("/")[0] + "/" + name + mark + options


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server in a folder of its own, and stop it."""
    binaries = find_binaries()
    assert binaries is not None
    home = Path(tempfile.mkdtemp(prefix="pg"))
    user = _unprivileged()
    try:
        if user is not None:
            os.chown(home, user.pw_uid, user.pw_gid)
        _run(user, binaries / "initdb", "-D", home / "data", "-U", "test", "-A", "trust", "-N")
        with (home / "log").open("w") as log:
            options = ["listen_addresses=", *(f"{name}=off" for name in UNSAFE)]
            words = [word for option in options for word in ("-c", option)]
            process = subprocess.Popen(
                [binaries / "postgres", "-D", home / "data", "-k", home, *words],
                stdout=subprocess.DEVNULL,
                stderr=log,
                **_as(user),
            )
        try:
            yield _answering(f"postgresql://test@/postgres?host={home}", process, home / "log")
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nobody will read this data again
            process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _answering(url: str, process: subprocess.Popen[bytes], log: Path) -> Server:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return Server(url)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")


def _unprivileged() -> pwd.struct_passwd | None:
    """Return whom to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no unprivileged user to run PostgreSQL as")


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


def _run(user: pwd.struct_passwd | None, *command: str | Path) -> None:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **_as(user)
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
