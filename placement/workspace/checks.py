"""What can only be seen with all documents at hand: names given twice, names that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from placement.catalog.text import did_you_mean, quote
from placement.policies.base import NameKind, Policy
from placement.workspace.codes import Code
from placement.workspace.documents import Loaded
from placement.workspace.fields import name_problem
from placement.workspace.findings import PYTHON, Advice, Findings, Source, raise_all
from placement.workspace.nodes import Node, locate
from placement.workspace.places import PLACE_CODES, find_place, suggest_place
from placement.workspace.sources import Key, Written
from placement.workspace.workspace import (
    DEVELOPMENT,
    PRODUCTION,
    Environment,
    ModelDeployment,
    Workspace,
)

Path = tuple[str | int, ...]

MAX_POLICIES = 10_000
MAX_ENVIRONMENTS = 10_000
MAX_DEPLOYMENTS = 1_000_000

_LIMITS = {
    "Policy": ("policies", MAX_POLICIES),
    "Environment": ("environments", MAX_ENVIRONMENTS),
    "ModelDeployment": ("model deployments", MAX_DEPLOYMENTS),
}


def check_all(loaded: Sequence[Loaded], *, complete: bool, known: Workspace | None = None) -> None:
    """Run every check; findings go to the file of the object they concern.

    ``complete`` is False if some file could not be read to its end: then a name that is not
    declared may be declared in the unread part, and is not reported. What ``known`` holds
    counts as declared too.
    """
    check_numbers(loaded)
    check_duplicates(loaded)
    check_texts(loaded)
    check_places(loaded)
    if complete:
        check_references(loaded, known)


def check_numbers(loaded: Sequence[Loaded]) -> None:
    """Refuse more objects of one kind than the limit."""
    for kind, (words, limit) in _LIMITS.items():
        members = [one for one in loaded if one.kind == kind]
        if len(members) > limit:
            _add(members[limit], (), Code.TOO_MANY, f"{len(members)} {words}, the limit is {limit}")


def check_limits(workspace: Workspace) -> None:
    """Refuse a workspace with more objects of one kind than the limit.

    Raises
    ------
    InputError
    """
    found = (workspace.policies, workspace.environments, workspace.deployments)
    findings = Findings(Source(PYTHON))
    for objects, (words, limit) in zip(found, _LIMITS.values(), strict=True):
        if len(objects) > limit:
            findings.add(Code.TOO_MANY, f"{len(objects)} {words}, the limit is {limit}", None)
    raise_all([findings])


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


def check_texts(loaded: Iterable[Loaded]) -> None:
    """Refuse policies whose name, or a name in their options, no name can be."""
    for one in loaded:
        if not isinstance(one.value, Policy):
            continue
        used = ((found.path, found.text) for found in one.value.references())
        for path, text in ((("name",), one.value.name), *used):
            if problem := name_problem(text):
                _add(one, path, Code.BAD_NAME, f"name {quote(text)} {problem}")


def check_places(loaded: Iterable[Loaded]) -> None:
    """Refuse countries, continents and blocs that are not known."""
    for one in loaded:
        for kind, text, path in _places(one):
            if text and find_place(kind, text) is None:
                message = f"unknown {kind} {quote(text)}"
                _add(one, path, PLACE_CODES[kind], message, partial(suggest_place, kind, text))


def _places(one: Loaded) -> Iterator[tuple[NameKind, str, Path]]:
    """Yield the places a policy names, also those of a document that is wrong elsewhere."""
    if isinstance(one.value, Policy):
        for found in one.value.references():
            if found.kind in PLACE_CODES:
                yield found.kind, found.text, found.path
    elif one.kind == "Policy" and one.node is not None:
        entries = one.node.get("locations")
        for index, entry in enumerate(entries.items if entries else ()):
            kind, name = entry.get("type"), entry.get("name")
            if kind and kind.value in PLACE_CODES and name and isinstance(name.value, str):
                yield NameKind(str(kind.value)), name.value, ("locations", index, "name")


def check_references(loaded: Sequence[Loaded], known: Workspace | None = None) -> None:
    """Refuse policies and environments that no document and no known workspace declares."""
    policies = _names(loaded, "Policy")
    environments = _names(loaded, "Environment") | {PRODUCTION, DEVELOPMENT}
    if known is not None:
        policies |= known.policies.keys()
        environments |= known.environments.keys()
    for one in loaded:
        if one.kind == "Policy":
            continue
        for index, name in enumerate(one.names("policies")):
            if name not in policies and _is_text(one, ("policies", index)):
                code = Code.UNKNOWN_POLICY
                _unknown(one, ("policies", index), code, "policy", name, policies)
        for path, name in _environments_of(one):
            if name not in environments:
                code = Code.UNKNOWN_ENVIRONMENT
                _unknown(one, path, code, "environment", name, environments)


def _is_text(one: Loaded, path: Path) -> bool:
    """Whether a text stands there; anything else has been refused already."""
    return one.node is None or isinstance(locate(one.node, path)[0].value, str)


def _environments_of(one: Loaded) -> Iterator[tuple[Path, str]]:
    if one.kind == "ModelDeployment":
        yield ("environment",), one.text("environment") or PRODUCTION
    if isinstance(one.value, Environment):
        for index, name in enumerate(one.value.releases_from):
            yield ("releasesFrom", index), name
    if not isinstance(one.value, ModelDeployment):
        return
    rules = (("separateFrom", one.value.separate_from), ("togetherWith", one.value.together_with))
    for field, peers in rules:
        for index, peer in enumerate(peers):
            if peer.selector.environment is not None:
                yield (field, index, "selector", "environment"), peer.selector.environment


def _names(loaded: Iterable[Loaded], kind: str) -> set[str]:
    return {one.key[1] for one in loaded if one.kind == kind and one.key}


def _unknown(one: Loaded, path: Path, code: Code, what: str, name: str, known: set[str]) -> None:
    declare = "declare it in a document of kind `Environment`"
    otherwise = declare if what == "environment" else None
    message = f"{what} {quote(name)} does not exist"
    _add(one, path, code, message, partial(did_you_mean, name, known, otherwise))


def _add(
    one: Loaded,
    path: Path,
    code: Code,
    message: str,
    suggestion: Advice = None,
) -> None:
    node: Node | None = None
    if one.node is not None:
        node, _ = locate(one.node, path)
    one.findings.add(code, message, node, suggestion=suggestion)
