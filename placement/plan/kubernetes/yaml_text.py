"""YAML that every parser reads alike, whether it knows YAML 1.1 or 1.2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9/_.-]*", re.ASCII)
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


class _Dumper(yaml.SafeDumper):
    """Quotes every text that could be a number, a truth value, a date or nothing."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what is there twice twice."""
        del data
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    style = None if is_plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(document: Mapping[str, Any]) -> str:
    """Return a document as YAML, in the order of its keys."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31
    )
    return text
