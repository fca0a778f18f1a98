"""Every wrong file in this folder is refused at the places of ``expected.csv``, and at no others."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from placement.errors import InputError
from placement.workspace import load_workspace
from placement.workspace.codes import Code

FOLDER = Path(__file__).parent


def expected():
    table = defaultdict(list)
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            table[row["file"]].append((row["code"], int(row["line"]), int(row["column"])))
    return dict(table)


EXPECTED = expected()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_is_refused_at_the_expected_places(name, monkeypatch):
    monkeypatch.chdir(FOLDER)
    with pytest.raises(InputError) as caught:
        load_workspace(name)
    found = [(d.code, d.line, d.column) for d in caught.value.diagnostics]
    assert found == sorted(EXPECTED[name], key=lambda row: (row[1], row[2], row[0]))
    assert all(d.file == name for d in caught.value.diagnostics)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_messages_are_fit_to_print(name):
    with pytest.raises(InputError) as caught:
        load_workspace(FOLDER / name)
    for found in caught.value.diagnostics:
        assert not found.message.endswith("."), found.message
        assert found.message[0] in "`" or found.message[0].islower() or found.message[:4] == "`GPU"
        assert found.message.isprintable()
        assert "Traceback" not in str(found)
        assert "pydantic" not in str(found)
        first, *_ = str(found).splitlines()
        assert first == f"{FOLDER / name}:{found.line}:{found.column}: {found.code} {found.message}"


def test_no_file_lacks_an_expectation():
    files = {path.name for path in FOLDER.iterdir() if path.suffix in (".yaml", ".yml", ".json")}
    assert files == set(EXPECTED)
    assert len(files) >= 45


def test_every_code_for_manifests_has_a_wrong_file():
    elsewhere = {
        Code.UNREADABLE,  # needs a file that is not there
        Code.TOO_LARGE,  # too large to keep
        Code.NO_MANIFEST,
        Code.MORE,
        Code.INVALID,
        Code.TOO_MANY,
        Code.UNKNOWN_MODEL,  # a question about manifests
        Code.UNKNOWN_REGION,  # need a catalog
        Code.AMBIGUOUS_REGION,
        Code.UNKNOWN_GPU,
        Code.UNKNOWN_CPU,
        Code.UNKNOWN_PROVIDER,
        Code.NOT_IN_FLEET,
        Code.NOT_PLACEMENT,
    }
    here = {row[0] for rows in EXPECTED.values() for row in rows}
    assert set(Code) - here <= elsewhere
