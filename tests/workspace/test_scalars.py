"""What an unquoted word means: a truth table, written by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from placement.workspace.findings import Findings, Source
from placement.workspace.nodes import plain
from placement.workspace.scalars import NumberError, resolve
from placement.workspace.yaml_reader import read_yaml

TEXTS = [
    *("NO", "no", "No", "yes", "Yes", "on", "off", "y", "n", "Y", "N"),
    *("012", "-012", "00", "1_000", "1:30", "12:30:45", "2024-01-01", "2024-01-01T00:00:00Z"),
    *("tRUE", "nULL", "none", "None", "nil", "=", "<", "NaN", "nan", "inf", "Infinity"),
    *("1e", "e1", ".", "-", "+", "--1", "1.2.3", "0b101", "0O17", "0X1F", "0x", "1,5", "٣", "½"),
]

VALUES = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("0", 0),
    ("-0", 0),
    ("7", 7),
    ("+7", 7),
    ("-19", -19),
    ("0o17", 15),
    ("0x1F", 31),
    ("123456789012345678", 123456789012345678),
    ("0.5", Decimal("0.5")),
    (".5", Decimal("0.5")),
    ("-.5", Decimal("-0.5")),
    ("5.", Decimal("5")),
    ("1.10", Decimal("1.10")),
    ("1e3", Decimal("1000")),
    ("1.5E-3", Decimal("0.0015")),
    ("0.1", Decimal("0.1")),
    ("0.123456789012345", Decimal("0.123456789012345")),
]

REFUSED = [
    *(".inf", "-.inf", "+.Inf", ".INF", ".nan", ".NaN", ".NAN"),
    *("1e999", "1e-999", "1E19", "1e18", "-1e999999999999"),
    *("1234567890123456789", "0x1234567890123456789", "0.1234567890123456"),
    "0." + "0" * 100 + "1",
]


@pytest.mark.parametrize("text", TEXTS)
def test_stays_text(text):
    assert resolve(text) == text


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_has_a_value(text, value):
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", REFUSED)
def test_is_refused(text):
    with pytest.raises(NumberError):
        resolve(text)


@pytest.mark.parametrize("text", ["NO", "true", "1", "1.5", "null", "~", ".inf", "1e999"])
@pytest.mark.parametrize("quotes", ["'", '"'])
def test_quotes_make_text(text, quotes):
    findings = Findings(Source("a.yaml"))
    (document,) = read_yaml(f"a: {quotes}{text}{quotes}\n", findings)
    assert plain(document) == {"a": text}
    assert not findings.errors


def test_block_scalars_are_text():
    (document,) = read_yaml("a: |\n  12\nb: >\n  true\n", Findings(Source("a.yaml")))
    assert plain(document) == {"a": "12\n", "b": "true\n"}
