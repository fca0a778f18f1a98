"""User text in messages: quoted, harmless on a terminal, marked, with the nearest known names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_LONGEST = 80
_WIDEST = 160


def is_hidden(character: str) -> bool:
    """Whether a character is a control, format, bidirectional or unassigned one."""
    return unicodedata.category(character) in _HIDDEN


def visible(text: str) -> str:
    """Return ``text`` with hidden characters written as escapes."""
    if text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if is_hidden(c) else c for c in text)


def quote(text: object) -> str:
    """Return user input for a message: in backticks, visible, shortened."""
    shown = visible(str(text))
    if len(shown) > _LONGEST:
        shown = shown[: _LONGEST - 3] + "..."
    return f"`{shown}`"


def as_message(text: str) -> str:
    """Return what a parser says as messages are written here.

    >>> as_message("Expecting ',' delimiter")
    'expecting `,` delimiter'
    """
    return (text[:1].lower() + text[1:]).replace("'", "`")


def nearest(text: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return the known names most like ``text``, best first; case does not matter."""
    if len(text) > 4 * _LONGEST:
        return ()
    folded: dict[str, str] = {}
    for name in sorted(set(known)):
        folded.setdefault(name.casefold(), name)
    found = get_close_matches(text.casefold(), folded, n=count, cutoff=0.6)
    return tuple(folded[name] for name in found)


def did_you_mean(text: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return advice that names the nearest known names; ``otherwise`` if none is near."""
    names = nearest(text, known)
    if not names:
        return otherwise
    return "did you mean " + " or ".join(quote(name) for name in names) + "?"


def excerpt(line: int, text: str, column: int, width: int) -> str:
    """Return a source line with ``width`` characters from ``column`` marked below it.

    Of a long line only the part around the mark is shown.
    """
    shift = max(0, column - 1 - _WIDEST // 2) if len(text) > _WIDEST else 0
    shown = "".join(_shown(c) for c in text[shift : shift + _WIDEST])
    start = column - 1 - shift
    pad = "".join("\t" if c == "\t" else " " for c in shown[:start]).ljust(start)
    marks = "^" + "~" * (max(1, min(width, _WIDEST - start)) - 1)
    margin = " " * len(f"{line:5}")
    return f"{line:5} | {shown}\n{margin} | {pad}{marks}"


def _shown(character: str) -> str:
    return "\ufffd" if character != "\t" and is_hidden(character) else character
