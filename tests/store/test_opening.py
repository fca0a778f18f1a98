"""Opening a store: where it may be, what it may find there, and that many may do so at once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from placement import InputError, Store
from placement.store import address, engine
from placement.store.address import read_address
from placement.store.engine import journal_mode
from placement.store.migrating import config
from placement.store.schema import METADATA, SCHEMA, VERSION_TABLE
from tests.store.fleet import chat, deploy_once


def refused(url, **options):
    with pytest.raises(InputError) as caught:
        Store.open(url, **options)
    (found,) = caught.value.diagnostics
    return found


def test_a_path_is_an_sqlite_file(tmp_path):
    with Store.open(str(tmp_path / "a b%20%.db")) as store:
        deploy_once(store, chat())
    with Store.open(f"sqlite:///{tmp_path}/a b%20%.db") as store:
        assert store.head().serial == 1
    assert {path.name.removesuffix("-journal") for path in tmp_path.iterdir()} == {"a b%20%.db"}


def test_folders_on_the_way_are_made(tmp_path):
    Store.open(str(tmp_path / ".placement" / "deep" / "state.db")).close()
    assert (tmp_path / ".placement" / "deep" / "state.db").exists()


def test_a_store_is_not_made_unless_asked_for(tmp_path):
    found = refused(str(tmp_path / "x" / "state.db"), create=False)
    assert (found.code, found.message) == ("PL704", "there is no store here")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_no_store(server):
    assert refused(server.new_database(), create=False).code == "PL704"


def test_a_store_that_is_there_is_opened(url):
    with Store.open(url) as store:
        lineage = store.head().lineage
    with Store.open(url, create=False) as again:
        assert again.head().lineage == lineage


def test_every_store_has_a_lineage_of_its_own(tmp_path):
    lineages = set()
    for number in range(3):
        with Store.open(str(tmp_path / f"{number}.db")) as store:
            lineages.add(store.head().lineage)
    assert len(lineages) == 3


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://u:secret@h/d", "`mysql` is not a database that a store can be in"),
        ("postgresql+asyncpg://u:secret@h/d", "`postgresql+asyncpg` is not a database"),
        ("postgresql://u:secret@h:port/d", "the URL cannot be read"),
        ("sqlite://x.db", "a store needs the path of a file"),
        ("sqlite://", "a store needs the path of a file"),
        ("sqlite:///:memory:", "a store needs the path of a file"),
        ("", "a store needs the path of a file"),
        ("sqlite:///x.db?mode=ro", "options such as `mode=ro` are not read here"),
    ],
)
def test_a_wrong_url_is_an_error_that_keeps_the_password(url, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = refused(url)
    assert found.code == "PL701"
    assert found.message.startswith(message)
    assert "secret" not in str(found)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg(scheme):
    found = read_address(f"{scheme}://ann:secret@db:5433/fleet?password=secret2&sslmode=require")
    assert found.url.drivername == "postgresql+psycopg"
    assert found.shown == "postgresql://db:5433/fleet"


def test_without_the_driver_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(address, "find_spec", lambda _: None)
    found = refused("postgresql://ann@db/fleet")
    assert found.code == "PL702"
    assert found.suggestion == "pip install 'placement[postgresql]'"


def test_a_server_that_does_not_answer_is_an_error_without_the_password():
    found = refused("postgresql://ann:secret@127.0.0.1:1/fleet?password=secret", wait=1)
    assert found.code == "PL703"
    assert "refused" in found.message
    assert "secret" not in str(found)


def test_a_driver_that_repeats_the_password_is_not_repeated():
    place = read_address("postgresql://ann:hunter2@h/d?password=hunter3")
    with pytest.raises(InputError) as caught:
        place.fail(engine.Code.UNREACHABLE, "no such user hunter2, hunter3")
    assert "hunter" not in str(caught.value)


def test_a_database_that_is_not_there_is_an_error(server):
    url = server.new_database().replace("/t", "/not_t", 1)
    found = refused(url)
    assert found.code == "PL703"
    assert "does not exist" in found.message


def test_a_store_does_not_show_its_password(server):
    url = server.new_database().replace("test@", "test:secret@", 1)
    with Store.open(url) as store:
        assert "secret" not in repr(store) + store.url + repr(store.__dict__)


def test_a_folder_is_not_a_file(tmp_path):
    assert refused(str(tmp_path)).code == "PL703"


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    found = refused(str(tmp_path / "file" / "state.db"))
    assert found.code == "PL703"
    assert found.message.startswith("the folder cannot be made")


def test_any_other_file_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, " * 100)
    assert refused(str(path)).code == "PL705"
    assert path.read_text() == "these are notes, " * 100


def test_any_other_database_is_left_alone(url):
    place = read_address(url)
    database = engine.Database(place, wait=1)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE orders (id integer)"))
    found = refused(url)
    assert found.code == "PL705"
    assert "`orders`" in found.message
    with database.reading() as connection:
        assert engine_tables(connection) == ["orders"]
    database.close()


def engine_tables(connection):
    from sqlalchemy import inspect

    return inspect(connection).get_table_names()


def test_a_newer_schema_is_an_error(url):
    with Store.open(url) as store, store._database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))
    found = refused(url)
    assert found.code == "PL706"
    assert "schema `0999`, this version knows schemas up to `0001`" in found.message


def test_the_migrations_make_the_schema(store):
    options = {"version_table": VERSION_TABLE}
    with store._database.writing() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
        assert ScriptDirectory.from_config(config(None)).get_current_head() == SCHEMA


def test_a_migration_that_fails_leaves_nothing_behind(url, monkeypatch):
    from placement.store import migrating

    def half_way(connection):
        command.upgrade(config(connection), "head")
        raise RuntimeError("half way")

    monkeypatch.setattr(migrating, "_upgrade", half_way)
    with pytest.raises(RuntimeError, match="half way"):
        Store.open(url)
    database = engine.Database(read_address(url), wait=1)
    with database.reading() as connection:
        assert engine_tables(connection) == []
    database.close()


def test_many_threads_may_open_it_first(url):
    def lineage(_):
        with Store.open(url) as store:
            return store.head().lineage

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lineage, range(16)))) == 1


OPEN = "import sys; from placement import Store; print(Store.open(sys.argv[1]).head().lineage)"


def test_many_processes_may_open_it_first(url):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    outputs = [process.communicate() for process in running]
    assert len({out for out, _ in outputs}) == 1, outputs
    assert all(process.returncode == 0 for process in running), outputs


def test_a_log_is_kept_only_where_sqlite_resets_it_soundly():
    assert journal_mode((3, 40, 1)) == journal_mode((3, 51, 2)) == "TRUNCATE"
    assert journal_mode((3, 51, 3)) == journal_mode((3, 52, 0)) == "WAL"


@pytest.mark.parametrize("mode", ["TRUNCATE", "WAL"])
def test_sqlite_is_told_to_be_safe(tmp_path, monkeypatch, mode):
    monkeypatch.setattr(engine, "journal_mode", lambda: mode)
    with Store.open(str(tmp_path / "state.db")) as store:
        deploy_once(store, chat())
        with store._database.reading() as connection:
            answers = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
    assert answers == {
        "journal_mode": mode.lower(),
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_postgresql_is_told_to_be_safe(server):
    url = server.new_database()
    name = url.partition("?")[0].rpartition("/")[2]
    database = engine.Database(read_address(url), wait=1)
    with database.writing() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    database.close()
    with Store.open(url) as store, store._database.writing() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"


def test_a_log_that_was_left_by_a_newer_sqlite_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "journal_mode", lambda: "WAL")
    with Store.open(str(tmp_path / "state.db")) as store:
        deploy_once(store, chat())
    monkeypatch.setattr(engine, "journal_mode", lambda: "TRUNCATE")
    with Store.open(str(tmp_path / "state.db")) as store:
        deploy_once(store, chat("B"))
    connection = sqlite3.connect(tmp_path / "state.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()


READ_ONLY = """
import os, sys
import networkx  # with all of the library that it loads
from placement import InputError, Store
from tests.store.fleet import chat, deploy_once
Store.open(sys.argv[1]).head()  # loads what may lie where only the superuser may read
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
store = Store.open(sys.argv[1])
print(store.head().serial)
try:
    deploy_once(store, chat("B"))
except InputError as error:
    print(error.diagnostics[0].code)
"""


@pytest.fixture
def open_folder():
    """A folder that others may enter, which those of the tests are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def as_nobody(program, path):
    return subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )


def test_where_nothing_can_be_written_it_can_still_be_read(open_folder):
    path = open_folder / "state.db"
    with Store.open(str(path)) as store:
        deploy_once(store, chat())
    path.chmod(0o444)
    open_folder.chmod(0o555)
    done = as_nobody(READ_ONLY, path)
    open_folder.chmod(0o755)
    assert done.stdout.split() == ["1", "PL707"], done.stderr


CLOSED = """
import os, sys
from placement import InputError, Store
try:
    import placement.store.store
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    Store.open(sys.argv[1])
except InputError as error:
    print(error.diagnostics[0].code, error.diagnostics[0].message)
"""


def test_a_folder_that_may_not_be_entered_is_an_error(open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o000)
    done = as_nobody(CLOSED, closed / "state.db")
    assert done.stdout == "PL703 the store cannot be opened: permission denied\n", done.stderr


LAZY = """
import sys
from placement import Store
Store.open(sys.argv[1]).head()
print(*sorted({"alembic", "mako", "pandas", "ortools", "psycopg"} & set(sys.modules)))
"""


def test_opening_a_store_that_is_there_loads_little(tmp_path):
    place = str(tmp_path / "state.db")
    Store.open(place).close()
    done = subprocess.run(
        [sys.executable, "-c", LAZY, place], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_a_password_with_an_at_sign_is_not_taken_for_the_host():
    found = refused("postgresql://ann:se@cret@nowhere.invalid/d")
    assert (found.code, found.file) == ("PL701", "postgresql://...")
    assert "cret" not in str(found)


def test_a_file_that_is_cut_off_is_damaged(tmp_path):
    file = tmp_path / "state.db"
    with Store.open(str(file)) as store:
        deploy_once(store, chat())
    with file.open("r+b") as content:
        content.truncate(5000)
    assert refused(str(file)).code == "PL710"
