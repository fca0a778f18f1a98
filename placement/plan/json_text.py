"""JSON text that is exact both ways: decimals are neither rounded nor turned into floats."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

from placement.errors import Diagnostic, InputError
from placement.plan.numbers import number_text

LONGEST_NUMBER = 40
LARGEST_EXPONENT = 30


def compact(value: Any, *, sort: bool = False) -> str:
    """Return JSON without spaces, keys sorted or as they come."""
    out: list[str] = []
    _write(value, out.append, sort)
    return "".join(out)


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
        text.encode()
        compact(value).encode()
    except json.JSONDecodeError as error:
        fail(f"not valid JSON: {error.msg}", file=file, line=error.lineno, column=error.colno)
    except UnicodeEncodeError:
        fail("text holds half of a surrogate pair", file=file)
    except RecursionError:
        fail("nested too deep", file=file)
    except ValueError as error:
        fail(str(error), file=file)
    return value


def fail(
    message: str, *, file: str, line: int = 1, column: int = 1, code: str = "PL501"
) -> NoReturn:
    """Raise an InputError with one finding."""
    raise InputError([Diagnostic(file, line, column, code, message)])


def _block(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(f"    {compact(row)}" for row in value) + "\n  ]"
    return compact(value)


def _write(value: Any, out: Callable[[str], None], sort: bool) -> None:
    if isinstance(value, str):
        out(encode_basestring(value))
    elif value is None or value is True or value is False:
        out("null" if value is None else str(value).lower())
    elif isinstance(value, int | Decimal):
        out(number_text(value))
    elif isinstance(value, float):
        out(repr(value) if math.isfinite(value) else "null")
    elif isinstance(value, Mapping):
        _write_object(value, out, sort)
    elif isinstance(value, list | tuple):
        _write_list(value, out, sort)
    else:
        raise TypeError(f"no JSON for {type(value).__name__}")


def _write_object(value: Mapping[str, Any], out: Callable[[str], None], sort: bool) -> None:
    opening = "{"
    for key in sorted(value) if sort else value:
        out(f"{opening}{encode_basestring(key)}:")
        _write(value[key], out, sort)
        opening = ","
    out("}" if opening == "," else "{}")


def _write_list(value: Iterable[Any], out: Callable[[str], None], sort: bool) -> None:
    opening = "["
    for item in value:
        out(opening)
        _write(item, out, sort)
        opening = ","
    out("]" if opening == "," else "[]")


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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key `{double}` is given twice in one object")
    return found
