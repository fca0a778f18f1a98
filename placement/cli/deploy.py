"""``placement deploy``: put one version of one model into an environment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.cli.changing import Asked, ChangeOptions, change
from placement.cli.faults import ExitCode, guarded
from placement.cli.findings import COMMAND_LINE
from placement.cli.parameters import AllowPartial, not_negative
from placement.cli.solving import Leave
from placement.cli.suggesting import environments, models
from placement.cli.taking import takes
from placement.errors import InputError
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from placement.store.values import Snapshot
    from placement.workspace.refusal import Refusal
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import ModelDeployment, Workspace

OneModel = Annotated[
    str | None,
    typer.Argument(
        metavar="[MODEL]", help="Name of the model.", autocompletion=models, show_default=False
    ),
]
Version = Annotated[
    str | None, typer.Option("--version", metavar="VERSION", help="Which build of the model.")
]
Stage = Annotated[
    str | None,
    typer.Option(
        "--environment",
        "-e",
        metavar="ENVIRONMENT",
        help="Where; default: production.",
        autocompletion=environments,
    ),
]


def _amount(name: str, help_text: str) -> Any:
    return typer.Option(name, metavar="NUMBER", parser=not_negative, help=help_text)


Replicas = Annotated[float | None, _amount("--replicas", "How many replicas.")]
Gpus = Annotated[float | None, _amount("--gpus", "GPUs of one replica; below 1, a share of one.")]
GpuMemory = Annotated[float | None, _amount("--gpu-memory", "Memory per GPU, in GiB, at least.")]
Cpus = Annotated[float | None, _amount("--cpus", "CPUs of one replica.")]
Memory = Annotated[float | None, _amount("--memory", "Memory of one replica, in GiB.")]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", "-f", metavar="FILE", help="A manifest of one deployment, instead of all these."
    ),
]


@guarded
@takes(ChangeOptions)
def deploy(
    options: ChangeOptions,
    model: OneModel = None,
    version: Version = None,
    environment: Stage = None,
    replicas: Replicas = None,
    gpus: Gpus = None,
    gpu_memory: GpuMemory = None,
    cpus: Cpus = None,
    memory: Memory = None,
    file: File = None,
    allow_partial: AllowPartial = False,
) -> ExitCode:
    """Put a version of a model into an environment, in place of what is there.

    Whatever is not named stays as it is deployed there, or has its default. Fields without an
    option, such as spread and policies, are written in a manifest: --file, or `placement apply`.
    """
    resources = {"gpus": gpus, "gpuMemoryGiB": gpu_memory, "cpus": cpus, "memoryGiB": memory}
    spec = given({"version": version, "replicas": replicas, "resources": given(resources)})
    return change(
        options, _asked(model, environment, spec, file), Leave(allow_partial=allow_partial)
    )


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that were given, whole numbers as such."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in fields.items()
        if value not in (None, {})
    }


def _asked(
    model: str | None, environment: str | None, spec: dict[str, Any], file: Path | None
) -> Asked:
    if file is not None:
        if model is not None or environment is not None or spec:
            raise typer.BadParameter("--file says everything: name nothing else of the deployment")
        return lambda head: _put(head, _read(head.workspace, file))
    if model is None:
        raise typer.BadParameter("name a MODEL, or a manifest with --file")
    key = (model, environment or PRODUCTION)
    return lambda head: _put(head, edited(head.workspace, key, spec))


def _put(head: Snapshot, deployment: ModelDeployment) -> Transition | Refusal:
    from placement.workspace.transitions import deploy

    return deploy(head.workspace, deployment)


def _read(workspace: Workspace, file: Path) -> ModelDeployment:
    from placement.workspace.manifests import load_workspace

    found = load_workspace(file, known=workspace)
    others = len(found.sources.written) if found.sources else 0
    if len(found.deployments) != 1 or others != 1:
        message = f"`{file}` does not hold one deployment and nothing else; use `placement apply`"
        raise typer.BadParameter(message)
    return found.deployments[0]


def edited(workspace: Workspace, key: tuple[str, str], spec: dict[str, Any]) -> ModelDeployment:
    """Return the deployment of a key, or a new one, with some fields of its spec replaced."""
    from placement.workspace.dumping import to_document

    old = workspace.by_key.get(key)
    if old is None and "version" not in spec:
        raise typer.BadParameter(f"`{key[0]}` is new in `{key[1]}`: name its --version")
    document: dict[str, Any] = _bare(*key) if old is None else to_document(old)
    resources = {**document["spec"].get("resources", {}), **spec.get("resources", {})}
    document["spec"] |= {**spec, "resources": resources, "enabled": True}
    return _built(document)


def _bare(model: str, environment: str) -> dict[str, Any]:
    from placement.workspace.dumping import API_VERSION

    return {
        "apiVersion": API_VERSION,
        "kind": "ModelDeployment",
        "metadata": {"name": model, "environment": environment},
        "spec": {},
    }


def _built(document: dict[str, Any]) -> ModelDeployment:
    """Check a document as if it stood in a manifest, though nobody has seen its columns."""
    from placement.workspace.documents import build, native
    from placement.workspace.findings import Findings, Source, raise_all
    from placement.workspace.json_reader import read_json
    from placement.workspace.workspace import ModelDeployment

    findings = Findings(Source(COMMAND_LINE))
    nodes = read_json(json.dumps(document), findings)
    drafts = [draft for node in nodes for draft in native(node, findings)]
    found = [build(draft, findings).value for draft in drafts]
    try:
        raise_all([findings])
    except InputError as error:
        raise InputError([replace(one, line=1, column=1) for one in error.diagnostics]) from None
    (one,) = found
    if not isinstance(one, ModelDeployment):
        raise TypeError(type(one).__name__)
    return one
