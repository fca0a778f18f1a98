"""JSON text that is exact both ways: decimals are neither rounded nor turned into floats."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

from placement.catalog.text import as_message
from placement.errors import Diagnostic, InputError
from placement.plan.codes import Code
from placement.plan.numbers import number_text

LONGEST_NUMBER = 40
LARGEST_EXPONENT = 30


class Rendered(str):
    """A value that is JSON text already."""

    __slots__ = ()


def compact(value: Any, *, sort: bool = False) -> str:
    """Return JSON without spaces, keys sorted or as they come."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is int or kind is Decimal:
        return number_text(value)
    if isinstance(value, Rendered):
        return value
    if isinstance(value, Mapping):
        keys = sorted(value) if sort else value
        items = [f"{encode_basestring(key)}:{compact(value[key], sort=sort)}" for key in keys]
        return "{" + ",".join(items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([compact(item, sort=sort) for item in value]) + "]"
    return _constant_text(value)


def readable(document: Mapping[str, Any]) -> str:
    """Return JSON with one key per line, and one row per line in lists of rows."""
    lines = [f'  "{key}": {_block(value)}' for key, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def parse(text: str, *, file: str) -> Any:
    """Read JSON strictly: no duplicate keys, no NaN, no bombs; decimals stay exact.

    Raises
    ------
    InputError
        With file, line and column.
    """
    try:
        value = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_unique,
        )
        _reject_half_characters(text, value)
    except json.JSONDecodeError as error:
        fail(
            f"not valid JSON: {as_message(error.msg)}",
            file=file,
            line=error.lineno,
            column=error.colno,
        )
    except UnicodeEncodeError:
        fail("text holds half of a surrogate pair", file=file)
    except RecursionError:
        fail("nested too deep", file=file)
    except ValueError as error:
        fail(str(error), file=file)
    return value


def fail(
    message: str, *, file: str, line: int = 1, column: int = 1, code: Code = Code.NOT_JSON
) -> NoReturn:
    """Raise an InputError with one finding."""
    raise InputError([Diagnostic(file, line, column, code, message)])


def _block(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(f"    {compact(row)}" for row in value) + "\n  ]"
    return compact(value)


def _constant_text(value: Any) -> str:
    if value is None or value is True or value is False:
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "null"
    if isinstance(value, str):
        return encode_basestring(str(value))
    if isinstance(value, int | Decimal):
        return number_text(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _decimal(text: str) -> Decimal:
    exponent = text.lower().partition("e")[2] or "0"
    if len(text) > LONGEST_NUMBER or abs(int(exponent)) > LARGEST_EXPONENT:
        raise ValueError(f"number `{text[:LONGEST_NUMBER]}` is out of range")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"number `{text[:LONGEST_NUMBER]}...` is out of range")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"`{text}` is not a number of JSON")


def _reject_half_characters(text: str, value: Any) -> None:
    """Raise UnicodeEncodeError for half a surrogate pair, written out or as an escape."""
    text.encode()
    if "\\u" in text:
        compact(value).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key `{double}` is given twice in one object")
    return found
