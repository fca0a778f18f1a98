"""Numbers and names in documents: exact, in range, and never converted silently."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from placement.catalog.text import is_hidden, quote
from placement.workspace.codes import Code

MAX_REPLICAS = 100_000
MAX_PRIORITY = 1_000_000
MAX_QUANTITY = 1_000_000_000
MAX_WEIGHT = 1_000_000
MAX_NAME = 253

_STEP = Decimal("0.001")
_FINEST_WEIGHT = Decimal("0.000001")


def coded_error(
    code: Code, message: str, suggestion: str | None = None, path: tuple[str, ...] = ()
) -> PydanticCustomError:
    """Return a validation error that carries a code, advice and the field that is meant."""
    # The texts travel as values because the template language gives braces a meaning.
    context = {"text": message, "suggestion": suggestion, "path": path}
    return PydanticCustomError(code.value, "{text}", context)


def name_problem(text: str) -> str | None:
    """Return why ``text`` cannot be a name, or None."""
    if not text:
        return "is empty"
    if len(text) > MAX_NAME:
        return f"has {len(text)} characters, the limit is {MAX_NAME}"
    if text != text.strip():
        return "starts or ends with a space"
    if not text.isascii() and text != unicodedata.normalize("NFC", text):
        return "is not in composed form (Unicode NFC)"
    hidden = next((c for c in text if is_hidden(c)), None)
    return f"holds the hidden character U+{ord(hidden):04X}" if hidden else None


def _name(text: str) -> str:
    problem = name_problem(text)
    if problem:
        raise coded_error(Code.BAD_NAME, f"name {quote(text)} {problem}")
    return text


def _label(text: str) -> str:
    return _name(text) if text else text


def exact_number(value: object) -> object:
    """Return a number as it was written; pydantic would take a float for what it is in binary."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("decimal_type", "must be a number")
    return Decimal(repr(value)) if isinstance(value, float) else value


def _in_steps(value: Decimal, step: Decimal) -> Decimal:
    if value.is_finite() and value % step:
        raise coded_error(Code.TOO_FINE, f"comes in steps of {step:f}, found {value}")
    return value


def _thousandths(value: Decimal) -> Decimal:
    return _in_steps(value, _STEP)


def _millionths(value: Decimal) -> Decimal:
    return _in_steps(value, _FINEST_WEIGHT)


def _gpus(value: Decimal) -> Decimal:
    if value > 1 and value % 1:
        raise coded_error(Code.TOO_FINE, f"above 1 must be a whole number, found {value}")
    return _thousandths(value)


Name = Annotated[str, AfterValidator(_name)]
"""A name: not empty, no hidden characters, no outer spaces, at most 253 characters."""

Label = Annotated[str, AfterValidator(_label)]
"""The value of a label: like a name, but it may be empty."""

Count = Annotated[int, Field(strict=True, ge=0, le=MAX_REPLICAS)]
"""A number of replicas."""

AtLeastOne = Annotated[int, Field(strict=True, ge=1, le=MAX_REPLICAS)]
"""A limit that would mean nothing below 1."""

Priority = Annotated[int, Field(strict=True, ge=-MAX_PRIORITY, le=MAX_PRIORITY)]
"""A priority; higher goes first."""

Flag = Annotated[bool, Field(strict=True)]
"""True or false, and no words for it."""

Quantity = Annotated[
    Decimal,
    Field(ge=0, le=MAX_QUANTITY),
    BeforeValidator(exact_number),
    AfterValidator(_thousandths),
]
"""An amount in steps of 0.001."""

Gpus = Annotated[
    Decimal, Field(ge=0, le=MAX_QUANTITY), BeforeValidator(exact_number), AfterValidator(_gpus)
]
"""Whole GPUs, or a part of one GPU in steps of 0.001."""

Weight = Annotated[
    Decimal, Field(gt=0, le=MAX_WEIGHT), BeforeValidator(exact_number), AfterValidator(_millionths)
]
"""A relative weight in steps of 0.000001."""
