"""What the options of ``placement simulate`` imagine, as edits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli import inputs
from placement.cli.parameters import choose

if TYPE_CHECKING:
    from placement.simulation.edits import Edit

SCOPES = ("node", "node-group", "zone", "region", "country", "provider")
"""What can be lost, from small to large."""
Texts = list[str] | None
ATTACHMENT = "POLICY=[MODEL@]ENVIRONMENT"


def _edit_option(flag: str, metavar: str, help_text: str) -> object:
    return typer.Option(flag, metavar=metavar, help=help_text, show_default=False)


Lost = Annotated[
    Texts, _edit_option("--lose", "[SCOPE=]NAME", f"Lose a place; SCOPE: {', '.join(SCOPES)}.")
]
Added = Annotated[Texts, _edit_option("--add", "GROUP=NODES", "Add nodes to a node group.")]
Removed = Annotated[Texts, _edit_option("--remove", "GROUP=NODES", "Remove nodes of a node group.")]
Priced = Annotated[
    Texts, _edit_option("--price", "GROUP=USD", "Another price per hour of a node of a group.")
]
Attached = Annotated[Texts, _edit_option("--attach", ATTACHMENT, "Attach a policy.")]
Detached = Annotated[Texts, _edit_option("--detach", ATTACHMENT, "Detach a policy.")]
Policies = Annotated[
    list[Path] | None,
    _edit_option("--policy", "FILE", "Put the policies of a manifest in place of those there."),
]
Released = Annotated[
    Texts,
    _edit_option("--release", "MODEL=FROM:TO", "Release a model from one environment to another."),
]
Scaled = Annotated[
    Texts,
    _edit_option("--scale", "MODEL@ENVIRONMENT=REPLICAS", "Ask for another number of replicas."),
]


@dataclass(frozen=True)
class Edits:
    """Options that make one scenario, in the order in which they take effect."""

    policy: Policies = None
    attach: Attached = None
    detach: Detached = None
    scale: Scaled = None
    release: Released = None
    price: Priced = None
    add: Added = None
    remove: Removed = None
    lose: Lost = None


def edits_of(given: Edits) -> Iterator[Edit]:
    """Yield the edits that the options name, in the order in which they take effect.

    Raises
    ------
    InputError, typer.BadParameter
        If one cannot be read.
    """
    from placement.simulation.files import edit_of

    yield from _put_policies(given.policy)
    for fields in _fields(given):
        yield edit_of(fields)


def _put_policies(files: Iterable[Path] | None) -> Iterator[Edit]:
    from placement.simulation.edits import PutPolicy

    if files:
        asked = inputs.read_workspace(files)
        if not asked.policies:
            raise typer.BadParameter("the files hold no policy", param_hint="--policy")
        yield from (PutPolicy(policy=policy) for policy in asked.policies.values())


def _fields(given: Edits) -> Iterator[dict[str, Any]]:
    """Yield the fields of each edit as a file would have them."""
    for word, texts in (("attach", given.attach), ("detach", given.detach)):
        for text in texts or ():
            yield {"type": word, **_attachment(text, f"--{word}")}
    for text in given.scale or ():
        name, replicas = _pair(text, "--scale")
        yield {"type": "scale", **_deployment(name), "replicas": _scalar(replicas)}
    for text in given.release or ():
        yield {"type": "release", **_release(text)}
    for text in given.price or ():
        name, price = _pair(text, "--price")
        yield {"type": "price", "nodeGroup": name, "pricePerHour": _scalar(price)}
    for word, texts in (("add", given.add), ("remove", given.remove)):
        for text in texts or ():
            name, nodes = _pair(text, f"--{word}")
            yield {"type": word, "nodeGroup": name, "nodes": _scalar(nodes)}
    for text in given.lose or ():
        yield {"type": "lose", **_place(text)}


def _place(text: str) -> dict[str, str]:
    scope, equals, name = text.partition("=")
    return {"scope": choose(scope, SCOPES), "name": name} if equals else {"name": text}


def _attachment(text: str, flag: str) -> dict[str, str]:
    policy, where = _pair(text, flag)
    model, at, environment = where.rpartition("@")
    return {"policy": policy, "environment": environment} | ({"model": model} if at else {})


def _deployment(name: str) -> dict[str, str]:
    model, at, environment = name.rpartition("@")
    return {"model": model, "environment": environment} if at else {"model": name}


def _release(text: str) -> dict[str, str]:
    model, stages = _pair(text, "--release")
    source, colon, target = stages.partition(":")
    if not colon:
        raise typer.BadParameter(f"`{text}` is not MODEL=FROM:TO", param_hint="--release")
    return {"model": model, "from": source, "to": target}


def _pair(text: str, flag: str) -> tuple[str, str]:
    """Return what stands before and after the last ``=``."""
    name, equals, value = text.rpartition("=")
    if not (equals and name and value):
        raise typer.BadParameter(f"`{text}` is not NAME=VALUE", param_hint=flag)
    return name, value


def _scalar(text: str) -> object:
    """Return a number as files have it; whatever is none stays text, and is refused as such."""
    from placement.workspace.scalars import NumberError, resolve

    try:
        return resolve(text)
    except NumberError:
        return text
