"""Values of JSON and YAML files are plain, exact, and found again in the text."""

from __future__ import annotations

import json

import pytest
import yaml

from placement.catalog.importers.documents import read_document
from placement.catalog.importers.findings import spell
from placement.catalog.sheet import Findings

VALUE = {
    "kind": "List",
    "items": [
        {"a": "1", "b/c.d": ["x", {"é": "✓"}], 'quoted "key"': {"deep": [[], ["z"]]}},
        {"a": "22", "empty": {}},
    ],
}
PATHS = [
    ("kind",),
    ("items",),
    ("items", 0),
    ("items", 0, "a"),
    ("items", 0, "b/c.d", 1, "é"),
    ("items", 0, 'quoted "key"', "deep", 1, 0),
    ("items", 1, "a"),
    ("items", 1, "empty"),
]
STARTS = ['"List"', "[", "{", '"1"', '"✓"', '"z"', '"22"', "{"]


def read(tmp_path, text, name="a.json"):
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    findings = Findings()
    return read_document(str(file), findings), findings


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
def test_json_values_are_where_they_are_said_to_be(tmp_path, indent):
    text = json.dumps(VALUE, indent=indent, ensure_ascii=False)
    document, _ = read(tmp_path, text)
    lines = text.split("\n")
    for path, start in zip(PATHS, STARTS, strict=True):
        line, column = document.place(path)
        assert lines[line - 1][column - 1 :].startswith(start), path


def test_yaml_values_are_where_they_are_said_to_be(tmp_path):
    text = yaml.safe_dump(VALUE, allow_unicode=True, default_style='"', sort_keys=False)
    document, _ = read(tmp_path, text, "a.yaml")
    lines = text.split("\n")
    for path, start in zip(PATHS[3:5], STARTS[3:5], strict=True):
        line, column = document.place(path)
        assert lines[line - 1][column - 1 :].startswith(start), path
    assert document.place(("items", 1))[0] > document.place(("items", 0))[0]


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_what_is_not_there_is_where_it_should_be(tmp_path, name):
    document, _ = read(tmp_path, json.dumps(VALUE, indent=1), name)
    for path in (("nothing",), ("items", 9), ("items", 0, "a", "b"), ("items", 0, "nothing", 3)):
        line, column = document.place(path)
        assert line >= 1 <= column
    assert document.place(("items", 1, "nothing")) == document.place(("items", 1))


def test_a_path_is_spelt_as_people_write_it():
    assert spell(("items", 3, "status", "allocatable")) == "items[3].status.allocatable"
    assert spell(()) == ""


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_numbers_stay_the_texts_they_are(tmp_path, name):
    document, _ = read(
        tmp_path, '{"a": 1.10, "b": 123456789012345678901234567890, "c": 1e400}', name
    )
    assert document.root == {"a": "1.10", "b": "123456789012345678901234567890", "c": "1e400"}


def test_words_of_yaml_stay_words(tmp_path):
    document, _ = read(tmp_path, "a: NO\nb: on\nc: 2026-01-01\nd: 0x10\ne: 1_000\n", "a.yaml")
    assert document.root == {"a": "NO", "b": "on", "c": "2026-01-01", "d": "0x10", "e": "1_000"}


WRONG = {
    "cut off": (
        b'{"kind": "List",\n "items": [{"a"',
        "CT201",
        2,
        16,
        "not valid JSON: expecting `:` delimiter",
    ),
    "no value": (b'{"a": 1,\n "b": }', "CT201", 2, 7, "not valid JSON: expecting value"),
    "two values": (b'{"a": 1} {"b": 2}', "CT201", 1, 10, "not valid JSON: extra data"),
    "empty": (b"", "CT201", 1, 1, "not valid JSON: expecting value"),
    "not text": (b'{"a":\n "\xff"}', "CT103", 2, 1, "byte 0xff is not UTF-8"),
    "too deep": (b'{"a":' * 100_000, "CT201", 1, 1, "values are nested too deeply"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_json_file_is_refused_at_its_place(tmp_path, what):
    text, code, line, column, message = WRONG[what]
    document, findings = read(tmp_path, text)
    assert document is None
    (found,) = findings.found
    assert (found.code, found.line) == (code, line)
    assert found.message.startswith(message)
    assert found.column == column


WRONG_YAML = {
    "unclosed": ("a: [1,\nb: 2\n", 3),
    "tab": ("a:\n\tb: 1\n", 2),
    "two documents": ("a: 1\n---\nb: 2\n", 2),
    "unknown alias": ("a: *b\n", 1),
    "deep": ("[" * 20_000 + "]" * 20_000, 1),
}


@pytest.mark.parametrize("what", WRONG_YAML)
def test_a_wrong_yaml_file_is_refused_at_its_line(tmp_path, what):
    text, line = WRONG_YAML[what]
    document, findings = read(tmp_path, text, "a.yaml")
    assert document is None
    (found,) = findings.found
    assert (found.code, found.line) == ("CT201", line)
    assert "Traceback" not in found.message
    assert found.message.isprintable()


def test_a_file_that_is_not_there_is_refused(tmp_path):
    findings = Findings()
    assert read_document(str(tmp_path / "none.json"), findings) is None
    assert [found.code for found in findings.found] == ["CT101"]
