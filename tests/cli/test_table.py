"""Tables keep one row per line, take names as they are, and obey NO_COLOR."""

from __future__ import annotations

import sys

import pytest

from placement.cli.table import Column, render

COLUMNS = (Column("NAME"), Column("COUNT", right=True))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_plain_and_aligned() -> None:
    assert render(COLUMNS, [("a", "1"), ("long", "10")]) == (
        "NAME  COUNT\na         1\nlong     10\n"
    )


def test_names_in_brackets_are_names() -> None:
    assert "[bold]x[/bold]" in render(COLUMNS, [("[bold]x[/bold]", "1")])


def test_no_row_is_wrapped_or_cut(terminal: None) -> None:
    page = render(COLUMNS, [("x" * 300, "1")])
    assert "x" * 300 in page
    assert len(page.splitlines()) == 2


@pytest.mark.parametrize("kind", ["dumb", "unknown"])
def test_no_row_is_cut_on_a_dumb_terminal(
    terminal: None, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("TERM", kind)
    page = render(COLUMNS, [("x" * 300, "1")])
    assert "x" * 300 in page
    assert "\x1b" not in page


def test_headings_are_bold_on_a_terminal(terminal: None) -> None:
    assert "\x1b[1m" in render(COLUMNS, [])


def test_no_color_means_no_escapes(terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in render(COLUMNS, [])
