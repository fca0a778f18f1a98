"""User text in messages about a catalog: quoted, harmless on a terminal, with near names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_LONGEST = 80
_WIDEST = 160


def visible(text: str) -> str:
    """Return ``text`` with control and direction characters written as escapes."""
    if text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _HIDDEN else c for c in text)


def quote(text: str) -> str:
    """Return user input for a message: in backticks, visible, shortened."""
    shown = visible(text)
    return f"`{shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + '...'}`"


def did_you_mean(text: str, known: Iterable[str]) -> str | None:
    """Return advice that names the nearest known names, or None; case does not matter."""
    if len(text) > 4 * _LONGEST:
        return None
    folded: dict[str, str] = {}
    for name in sorted(known):
        folded.setdefault(name.casefold(), name)
    found = get_close_matches(text.casefold(), folded, n=3, cutoff=0.6)
    return "did you mean " + " or ".join(quote(folded[f]) for f in found) + "?" if found else None


def excerpt(line: int, text: str, column: int, width: int) -> str:
    """Return a source line with ``width`` characters from ``column`` marked below it."""
    text = "".join("\ufffd" if unicodedata.category(c) in _HIDDEN else c for c in text)
    shift = max(0, column - 1 - _WIDEST // 2) if len(text) > _WIDEST else 0
    start = column - 1 - shift
    marks = "^" + "~" * (min(width, _WIDEST - start) - 1)
    return f"{line:5} | {text[shift : shift + _WIDEST]}\n      | {' ' * start}{marks}"
