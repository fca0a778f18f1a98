"""What can only be seen with all documents at hand: names given twice, names that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from placement.policies.base import Policy
from placement.workspace.codes import Code
from placement.workspace.documents import Loaded
from placement.workspace.nodes import Node, locate
from placement.workspace.places import PLACE_CODES, find_place, suggest_place
from placement.workspace.sources import Key, Written
from placement.workspace.text import did_you_mean, quote
from placement.workspace.workspace import DEVELOPMENT, PRODUCTION, Environment, ModelDeployment

MAX_POLICIES = 10_000
MAX_ENVIRONMENTS = 10_000
MAX_DEPLOYMENTS = 100_000

_LIMITS = {
    "Policy": ("policies", MAX_POLICIES),
    "Environment": ("environments", MAX_ENVIRONMENTS),
    "ModelDeployment": ("model deployments", MAX_DEPLOYMENTS),
}


def check_all(loaded: Sequence[Loaded], *, complete: bool) -> None:
    """Run every check; findings go to the file of the object they concern.

    ``complete`` is False if some file could not be read to its end: then a name that is not
    declared may be declared in the unread part, and is not reported.
    """
    check_numbers(loaded)
    check_duplicates(loaded)
    check_places(loaded)
    if complete:
        check_references(loaded)


def check_numbers(loaded: Sequence[Loaded]) -> None:
    """Refuse more objects of one kind than the limit."""
    for kind, (words, limit) in _LIMITS.items():
        members = [one for one in loaded if one.kind == kind]
        if len(members) > limit:
            _add(members[limit], (), Code.TOO_MANY, f"{len(members)} {words}, the limit is {limit}")


def check_duplicates(loaded: Iterable[Loaded]) -> None:
    """Refuse two objects of one kind (deployments: in one environment) with one name."""
    first: dict[Key, Loaded] = {}
    for one in loaded:
        if one.key is None:
            continue
        if one.key not in first:
            first[one.key] = one
            continue
        other = first[one.key]
        place = Written(other.findings.source, other.node).place(("name",))
        message = f"{_title(one.key)} is declared twice, first at {place}"
        _add(one, ("name",), Code.DUPLICATE_NAME, message)


def _title(key: Key) -> str:
    match key:
        case ("ModelDeployment", name, environment):
            return f"model deployment {quote(name)} in environment {quote(environment)}"
        case (kind, name):
            return f"{kind.lower()} {quote(name)}"
        case _:
            raise ValueError(key)


def check_places(loaded: Iterable[Loaded]) -> None:
    """Refuse countries, continents and blocs that are not known."""
    for one in loaded:
        if not isinstance(one.value, Policy):
            continue
        for reference in one.value.references():
            code = PLACE_CODES.get(reference.kind)
            if code and find_place(reference.kind, reference.text) is None:
                message = f"unknown {reference.kind} {quote(reference.text)}"
                advice = suggest_place(reference.kind, reference.text)
                _add(one, reference.path, code, message, advice)


def check_references(loaded: Sequence[Loaded]) -> None:
    """Refuse policies and environments that no document declares."""
    policies = _names(loaded, "Policy")
    environments = _names(loaded, "Environment") | {PRODUCTION, DEVELOPMENT}
    for one in loaded:
        if isinstance(one.value, Environment | ModelDeployment):
            for index, name in enumerate(one.value.policies):
                if name not in policies:
                    code = Code.UNKNOWN_POLICY
                    _unknown(one, ("policies", index), code, "policy", name, policies)
        if isinstance(one.value, ModelDeployment):
            for path, name in _environments_of(one.value):
                if name not in environments:
                    code = Code.UNKNOWN_ENVIRONMENT
                    _unknown(one, path, code, "environment", name, environments)


def _environments_of(one: ModelDeployment) -> Iterable[tuple[tuple[str | int, ...], str]]:
    yield ("environment",), one.environment
    rules = (("separateFrom", one.separate_from), ("togetherWith", one.together_with))
    for field, peers in rules:
        for index, peer in enumerate(peers):
            if peer.selector.environment is not None:
                yield (field, index, "selector", "environment"), peer.selector.environment


def _names(loaded: Iterable[Loaded], kind: str) -> set[str]:
    return {one.key[1] for one in loaded if one.kind == kind and one.key}


def _unknown(
    one: Loaded, path: Sequence[str | int], code: Code, what: str, name: str, known: set[str]
) -> None:
    advice = did_you_mean(name, known)
    if advice is None and what == "environment":
        advice = "declare it in a document of kind `Environment`"
    _add(one, path, code, f"{what} {quote(name)} does not exist", advice)


def _add(
    one: Loaded,
    path: Sequence[str | int],
    code: Code,
    message: str,
    suggestion: str | None = None,
) -> None:
    node: Node | None = None
    if one.node is not None:
        node, _ = locate(one.node, path)
    one.findings.add(code, message, node, suggestion=suggestion)
