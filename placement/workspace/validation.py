"""One document against its class, every fault at its place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from placement.catalog.text import did_you_mean, quote
from placement.policies.base import Document, Policy
from placement.workspace.codes import BY_TEXT, Code
from placement.workspace.fields import name_problem
from placement.workspace.findings import Findings
from placement.workspace.nodes import Node, locate, plain

D = TypeVar("D", bound=Document)

_WANTED = {
    "bool": "true or false",
    "decimal": "a number",
    "dict": "a mapping",
    "enum": "text",
    "int": "a whole number",
    "list": "a list",
    "literal": "text",
    "mapping": "a mapping",
    "model": "a mapping",
    "string": "text",
    "tuple": "a list",
}
_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def validate(model: type[D], root: Node, findings: Findings) -> D | None:
    """Return the object a document describes, or None after recording what is wrong."""
    before = len(findings.errors)
    taken = set(_check_texts(root, findings))
    taken |= set(_check_scalars(model, root, findings))
    try:
        built = model.model_validate(plain(root), by_alias=True, by_name=False)
    except ValidationError as error:
        for detail in error.errors():
            node, key = locate(root, detail["loc"])
            if id(node) not in taken:
                _record(model, detail, node, key, findings)
        return None
    return built if len(findings.errors) == before else None


def _check_texts(node: Node, findings: Findings) -> Iterator[int]:
    """Refuse texts that no name may have; yields the nodes that were refused."""
    for entry in node.mapping.values():
        if problem := name_problem(entry.key.text):
            findings.add(Code.BAD_NAME, f"key {quote(entry.key.text)} {problem}", entry.key)
        yield from _check_texts(entry.value, findings)
    for item in node.items:
        yield from _check_texts(item, findings)
    if isinstance(node.value, str) and node.value and (problem := name_problem(node.value)):
        findings.add(Code.BAD_NAME, f"text {quote(node.value)} {problem}", node)
        yield id(node)


def _check_scalars(model: type[BaseModel], node: Node, findings: Findings) -> Iterator[int]:
    """Refuse what pydantic would convert: `"1"` and `true` for numbers, words for flags."""
    for name, field in model.model_fields.items():
        value = node.get(field.alias or name)
        if value is None:
            continue
        kinds = set(_leaves(field))
        for kind in kinds & {bool, int, Decimal}:
            if not _fits(value.value, kind, optional=type(None) in kinds):
                wrong_type(field.alias or name, _WANTED[kind.__name__.lower()], value, findings)
                yield id(value)
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                for part in value.items or [value]:
                    yield from _check_scalars(kind, part, findings)


def _leaves(field: FieldInfo) -> Iterator[Any]:
    """Yield the classes in a field's annotation, outside of mappings."""
    waiting = [field.annotation]
    while waiting:
        kind = waiting.pop()
        if getattr(kind, "__origin__", None) is dict:
            continue
        inner = get_args(kind)
        if inner and not isinstance(inner[0], str):
            waiting.extend(inner)
        elif isinstance(kind, type):
            yield kind


def _fits(value: object, kind: type, *, optional: bool) -> bool:
    if value is None:
        return optional
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    return isinstance(value, int) or (kind is Decimal and isinstance(value, Decimal))


def describe(node: Node) -> str:
    """Say what was written, for messages."""
    match node.value:
        case None:
            return "nothing"
        case bool():
            return quote(node.text)
        case int() | Decimal():
            return f"the number {quote(node.text)}"
        case str():
            return f"the text {quote(node.value)}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def wrong_type(what: str, wanted: str, node: Node, findings: Findings) -> None:
    """Record a value of the wrong type."""
    advice = None
    if wanted == "text" and isinstance(node.value, bool | int | Decimal):
        advice = f'write "{node.text}" in quotes'
    elif wanted in ("a number", "a whole number") and isinstance(node.value, str):
        advice = "write the number without quotes" if node.value.isdecimal() else None
    message = f"{quote(what)} must be {wanted}, found {describe(node)}"
    findings.add(Code.WRONG_TYPE, message, node, suggestion=advice)


def _record(
    model: type[Document],
    detail: ErrorDetails,
    node: Node,
    key: Node | None,
    findings: Findings,
) -> None:
    """Say one of pydantic's errors in our words."""
    kind, context, what = detail["type"], detail.get("ctx", {}), _name_of(detail)
    match kind:
        case "extra_forbidden":
            unknown_field(what, _fields_at(model, detail["loc"][:-1]), key or node, findings)
        case "missing" if _is_option(model, detail):
            findings.add(Code.NO_OPTION, f"the policy has no {quote(what)}", node)
        case "missing":
            findings.add(Code.MISSING_FIELD, f"field {quote(what)} is missing", node)
        case "too_short":
            if not node.items:  # entries that are wrong themselves have been reported
                findings.add(Code.NO_OPTION, f"{quote(what)} lists nothing", node)
        case "enum" | "literal_error" if isinstance(node.value, str):
            unknown_value(what, _allowed(model, detail), node, findings)
        case _ if kind in BY_TEXT:
            _record_coded(BY_TEXT[kind], context, what, node, findings)
        case _:
            _record_value(kind, context, what, node, findings)


def _record_coded(
    code: Code, context: Mapping[str, Any], what: str, node: Node, findings: Findings
) -> None:
    """Say what one of our own validators found."""
    subject = f"{quote(what)} " if code is Code.TOO_FINE else ""
    place, _ = locate(node, context["path"])
    findings.add(code, f"{subject}{context['text']}", place, suggestion=context["suggestion"])


def _record_value(
    kind: str, context: Mapping[str, Any], what: str, node: Node, findings: Findings
) -> None:
    """Say that a value is out of range, too fine, or of the wrong type."""
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        message = f"{quote(what)} must be {words} {context[name]}, found {quote(node.text)}"
        findings.add(Code.OUT_OF_RANGE, message, node)
    elif kind == "decimal_max_places":
        message = f"{quote(what)} has more than {context['decimal_places']} decimal places"
        findings.add(Code.TOO_FINE, message, node)
    elif kind in ("decimal_max_digits", "decimal_whole_digits"):
        findings.add(Code.OUT_OF_RANGE, f"{quote(what)} has too many digits", node)
    elif kind.split("_")[0] in _WANTED:
        wrong_type(what, _WANTED[kind.split("_")[0]], node, findings)
    else:
        findings.add(Code.INVALID, f"{quote(what)} is not valid: {kind}", node)


def unknown_field(name: str, known: Mapping[str, str] | set[str], key: Node, f: Findings) -> None:
    """Record a field that does not exist, with the nearest that do."""
    f.add(
        Code.UNKNOWN_FIELD,
        f"unknown field {quote(name)}",
        key,
        suggestion=partial(_near, name, known),
    )


def refuse_others(node: Node, fields: set[str], findings: Findings) -> None:
    """Record every field of a mapping that is none of these."""
    for name, entry in node.mapping.items():
        if name not in fields:
            unknown_field(name, fields, entry.key, findings)


def unknown_value(what: str, allowed: list[str], node: Node, findings: Findings) -> None:
    """Record a word that is not in a closed list."""
    advice = "choose one of " + ", ".join(quote(word) for word in allowed)
    message = f"{quote(what)} cannot be {quote(node.text)}"
    findings.add(
        Code.UNKNOWN_VALUE,
        message,
        node,
        suggestion=partial(did_you_mean, node.text, allowed, advice),
    )


def _near(name: str, known: Mapping[str, str] | set[str]) -> str | None:
    return did_you_mean(name.replace("_", ""), known)


def _name_of(detail: ErrorDetails) -> str:
    names = [step for step in detail["loc"] if isinstance(step, str) and step != "[key]"]
    last = detail["loc"][-1] if detail["loc"] else None
    index = f"[{last}]" if isinstance(last, int) else ""
    return names[-1] + index if names else "document"


def _is_option(model: type[Document], detail: ErrorDetails) -> bool:
    return issubclass(model, Policy) and len(detail["loc"]) == 1


def _model_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> type[BaseModel]:
    """Return the class of the part of a document that ``loc`` leads to."""
    for step in loc:
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                parts = [k for k in _leaves(field) if issubclass(k, BaseModel)]
                model = parts[0] if parts else model
                break
    return model


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> set[str]:
    found = _model_at(model, loc)
    hidden = {"name", "environment", "labels"} if not loc else set()
    return {field.alias or name for name, field in found.model_fields.items()} - hidden


def _allowed(model: type[BaseModel], detail: ErrorDetails) -> list[str]:
    parent = _model_at(model, detail["loc"][:-1])
    last = _name_of(detail).partition("[")[0]
    for name, field in parent.model_fields.items():
        if last in (name, field.alias):
            return [word for kind in _words(field.annotation) for word in kind]
    return []


def _words(annotation: object) -> Iterator[list[str]]:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield [member.value for member in annotation]
    inner = get_args(annotation)
    if inner and all(isinstance(word, str) for word in inner):
        yield list(inner)
    else:
        for part in inner:
            yield from _words(part)
