"""What comes in wrong: closed streams, bytes that are no text, edited plans, damaged stores."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from placement.cli.output import prepare_streams
from placement.store.store import DEFAULT_URL, Store
from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]
RELEASE = ("release", "chat", "--from", "development", "--to", "production")
NOT_UTF8 = os.fsdecode(b"a\xff")


def history() -> list[tuple[int, str]]:
    with Store.open(DEFAULT_URL, create=False) as store:
        return [(entry.serial, entry.state_digest) for entry in store.history()]


# --------------------------------------------------------------------------- streams


def test_a_closed_stdin_is_no_terminal_to_ask_on(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    done = placement(*RELEASE)
    sys.stdin.close()
    assert done.code == 2
    assert "there is no terminal to ask on" in done.err
    assert len(history()) == 1


def test_a_closed_stdin_reads_as_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    prepare_streams()
    assert sys.stdin.read() == ""
    sys.stdin.close()


def test_an_interruption_before_a_command_begins_leaves_no_traceback(life: Path) -> None:
    code = (
        "import sys; from placement.cli import main, completion\n"
        "def prepare(): raise KeyboardInterrupt\n"
        "main.app = lambda **_: prepare()\n"
        "main.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "")


# ------------------------------------------------------------------------------ text


@pytest.mark.parametrize(
    "args",
    [
        ("deploy", NOT_UTF8, "--version", "1", "--yes"),
        ("deploy", "chat", "--version", NOT_UTF8, "--yes"),
        ("deploy", "chat", "--version", "1", "--yes", "--reason", NOT_UTF8),
        ("rollback", NOT_UTF8, "-e", "production", "--yes"),
        ("history", "--model", NOT_UTF8),
    ],
)
def test_words_that_are_no_text_are_a_usage_error(
    placement: Command, life: Path, args: tuple[str, ...]
) -> None:
    done = placement(*args)
    assert done.code == 2
    assert "`a\\udcff` is not UTF-8 text" in done.err
    assert len(history()) == 1


def test_an_author_that_is_no_text_is_a_usage_error(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACEMENT_AUTHOR", NOT_UTF8)
    done = placement(*RELEASE, "--yes")
    assert done.code == 2
    assert "is not UTF-8 text" in done.err
    assert len(history()) == 1


def test_the_table_of_the_history_moves_no_cursor_and_breaks_no_line(
    placement: Command, life: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACEMENT_AUTHOR", "eve\x1b[2J")
    assert placement(*RELEASE, "--yes", "--reason", "two\nlines").code == 0
    table = placement("history", "-o", "table").out
    assert "eve\\u001b[2J" in table
    assert "two\\u000alines" in table
    assert len(table.splitlines()) == 3
    assert json.loads(placement("history").out)["items"][0]["reason"] == "two\nlines"


def test_what_is_wrong_on_the_command_line_is_placed_there(placement: Command, life: Path) -> None:
    done = placement("deploy", "chat", "--replicas", "2.5", "--yes")
    assert done.err.startswith("<command line>:1:1: PL203 `replicas` must be a whole number")
    done = placement("endpoints", "--origin", "Mars")
    assert done.err.startswith("<command line>:1:1: PL304 `Mars`")


@pytest.mark.parametrize("serial", ["99999999999999999999999", "abc"])
def test_a_serial_that_no_store_has_is_a_usage_error(
    placement: Command, life: Path, serial: str
) -> None:
    done = placement("history", serial)
    assert done.code == 2
    assert f"`{serial}` is not" in done.err


# ---------------------------------------------------------------------------- places


def test_without_a_store_a_refusal_says_so(placement: Command, home: Path) -> None:
    done = placement(*RELEASE, "--yes")
    assert done.code == 2
    assert f"there is no store at `{DEFAULT_URL}` yet" in done.err


def test_a_store_that_is_made_is_named(placement: Command, home: Path, fleet: Path) -> None:
    done = placement("deploy", "chat", "--version", "A", "--catalog", fleet, "--yes")
    assert done.code == 0
    assert f"made the store `{DEFAULT_URL}`" in done.err


def test_an_unknown_environment_has_no_endpoints(placement: Command, life: Path) -> None:
    done = placement("endpoints", "-e", "prodution")
    assert (done.code, done.out) == (2, "")
    assert "unknown environment `prodution`" in done.err


def test_a_stale_change_says_what_to_do(placement: Command, life: Path) -> None:
    placement(*RELEASE, "--dry-run", "--out", "p.json")
    placement("deploy", "chat", "--version", "C", "-e", "development", "--yes")
    done = placement("apply", "p.json", "--yes")
    assert (done.code, done.out) == (5, "")
    assert "stale: " in done.err
    assert "help: nothing has changed" in done.err


def test_one_object_that_is_put_is_named(placement: Command, life: Path) -> None:
    Path("one.yaml").write_text(
        "apiVersion: placement/v1\nkind: Environment\nmetadata: {name: production}\n"
        "spec: {releasesFrom: [development]}\n",
        encoding="utf-8",
    )
    done = placement("apply", "one.yaml", "--yes", "-o", "table")
    assert done.code == 0
    assert "put: Environment production" in done.out


def test_another_catalog_is_told_before_it_takes_effect(
    placement: Command, life: Path, fleet: Path
) -> None:
    other = shutil.copytree(fleet, "other")
    nodes = Path(other, "nodes.csv")
    nodes.write_text(nodes.read_text(encoding="utf-8").replace("0.526", "0.5"), encoding="utf-8")
    place = ("--store", ".placement/state.db")
    placement("plan", *place, "--catalog", other, "--out", "p.json")
    told = "another catalog takes effect: sha256:"
    for file in ("p.json", "life.yaml"):
        assert told in placement("apply", file, "--catalog", other, "--dry-run").err
    assert told not in placement("apply", "life.yaml", "--dry-run").err


# ----------------------------------------------------------------------- saved plans


@pytest.mark.parametrize("agreed", ["--dry-run", "--yes"])
def test_an_edited_plan_is_refused_before_it_is_shown(
    placement: Command, life: Path, agreed: str
) -> None:
    placement(*RELEASE, "--dry-run", "--out", "p.json")
    document = json.loads(Path("p.json").read_text(encoding="utf-8"))
    document["transition"]["put"][0]["spec"]["version"] = "evil"
    Path("p.json").write_text(json.dumps(document), encoding="utf-8")
    done = placement("apply", "p.json", agreed)
    assert (done.code, done.out) == (2, "")
    assert "PL708 the plan was changed" in done.err
    assert len(history()) == 1


def test_a_plan_for_another_store_is_stale_before_it_is_shown(
    placement: Command, life: Path, fleet: Path
) -> None:
    placement(*RELEASE, "--dry-run", "--out", "p.json")
    args = ("deploy", "other", "--version", "1", "--catalog", fleet, "--yes", "--store", "b.db")
    assert placement(*args).code == 0
    done = placement("apply", "p.json", "--dry-run", "--store", "b.db")
    assert (done.code, done.out) == (5, "")


def test_a_plan_among_manifests_is_one_finding(placement: Command, life: Path) -> None:
    placement(*RELEASE, "--dry-run", "--out", "p.json")
    done = placement("apply", "p.json", "life.yaml", "--yes")
    assert done.code == 2
    assert "`p.json` is a plan, which is applied alone" in done.err
    assert "PL201" not in done.err


def test_a_first_plan_needs_the_catalog_it_was_made_for(
    placement: Command, home: Path, fleet: Path, manifests: Path
) -> None:
    place = ("--store", "new.db")
    assert placement("plan", manifests, *place, "--catalog", fleet, "--out", "p.json").code == 0
    done = placement("apply", "p.json", *place, "--yes")
    assert (done.code, done.out) == (2, "")
    assert "the plan was not made for `public-cloud`; name its catalog" in done.err
    assert not Path("new.db").exists()
    assert placement("apply", "p.json", *place, "--catalog", fleet, "--yes").code == 0


def test_a_first_plan_of_the_shipped_catalog_needs_none(placement: Command, home: Path) -> None:
    place = ("--store", "new.db")
    example = ROOT / "examples" / "quickstart"
    assert placement("plan", example, *place, "--out", "p.json", "-o", "csv").code == 0
    assert placement("apply", "p.json", *place, "--yes", "-o", "csv").code == 0


# ---------------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    ("statement", "args", "what"),
    [
        ("UPDATE history SET plan = x'00'", ("history", "1"), "a plan"),
        ("UPDATE history SET at = 'x'", ("history",), "the entry of serial 1"),
        ("UPDATE history SET arguments = '{'", ("history",), "the entry of serial 1"),
        ("UPDATE catalogs SET content = x'00'", ("endpoints",), "catalog sha256:"),
        ("UPDATE objects SET document = '{}'", ("endpoints",), "the state of serial 1"),
        ("DELETE FROM meta", (*RELEASE, "--yes"), "the newest serial"),
    ],
)
def test_a_damaged_store_is_named_and_no_fault(
    placement: Command, life: Path, statement: str, args: tuple[str, ...], what: str
) -> None:
    with sqlite3.connect(".placement/state.db") as connection:
        connection.execute(statement)
    connection.close()
    shutil.copy(".placement/state.db", "copy.db")
    done = placement(*args)
    assert (done.code, done.out) == (2, "")
    assert f"PL710 the store is damaged: {what}" in done.err
    assert "help: bring back a copy" in done.err
    assert Path("copy.db").read_bytes() == Path(".placement/state.db").read_bytes()
