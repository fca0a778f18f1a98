"""Every finding is seen, once at least, as it is stored and shown in the documentation."""

from __future__ import annotations

import pytest

from placement.errors import Severity
from placement.linting.codes import Code
from placement.linting.registry import RULES
from tests.linting import gallery
from tests.linting.gallery import FOLDER, PAGE, names, printed, section, stored

TITLES = {Severity.ERROR: "", Severity.WARNING: "warning: ", Severity.NOTE: "note: "}


@pytest.mark.parametrize("name", names())
def test_what_is_printed_is_what_is_stored(name):
    assert printed(name) == stored(name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code.value)
def test_each_manifest_shows_its_own_finding(rule):
    lines = stored(gallery.name_of(rule.code)).splitlines()
    assert any(f": {rule.code.value} {TITLES[rule.severity]}" in line for line in lines)


def test_every_code_has_one_rule_and_one_manifest():
    assert [rule.code for rule in RULES] == list(Code)
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(names())
    assert len(Code) >= 15


def test_every_rule_is_named_as_its_file_and_its_code():
    for rule in RULES:
        assert type(rule).__module__.rpartition(".")[2] == gallery.name_of(rule.code)


def test_the_page_is_the_gallery():
    assert PAGE.read_text("utf-8").endswith(section())


@pytest.mark.parametrize("name", names())
def test_messages_are_fit_to_print(name):
    for line in stored(name).splitlines():
        assert line.isprintable()
        assert not line.endswith(".")
