"""A release copies a deployment from one environment over another, at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, InputError
from placement.workspace.codes import Code
from placement.workspace.findings import PYTHON
from placement.workspace.refusal import Refusal, RefusalReason, advise
from placement.workspace.transitions.edits import edited, remade
from placement.workspace.transitions.lookups import absence, missing_environment, missing_model
from placement.workspace.transitions.transition import Transition, TransitionKind, between
from placement.workspace.workspace import ModelDeployment, Workspace


class Keep(StrEnum):
    """Fields of the target that a release may leave as they are."""

    REPLICAS = "replicas"
    MIN_REPLICAS = "minReplicas"
    PRIORITY = "priority"
    SPREAD = "spread"
    ROLLOUT = "rollout"

    @property
    def field(self) -> str:
        """Name of the attribute of a deployment."""
        return "min_replicas" if self is Keep.MIN_REPLICAS else self.value


def release(
    workspace: Workspace,
    model: str,
    *,
    source: str,
    target: str,
    keep: Iterable[Keep | str] = (),
    copy_policies: bool = False,
) -> Transition | Refusal:
    """Copy the deployment of a model from one environment over that of another.

    The whole spec and the labels are copied, and the target is enabled. Policies attached to
    the target's deployment stay.

    Parameters
    ----------
    keep : iterable of Keep or str
        Fields of the target's deployment, if there is one, that stay too.
    copy_policies : bool
        Whether the policies attached to the source's deployment replace the target's.

    Raises
    ------
    InputError
        If ``keep`` names another field, or what is kept and what is copied do not go together.
    """
    if refusal := _refusal(workspace, model, source, target):
        return refusal
    kept = _kept(keep)
    origin = workspace.by_key[model, source]
    occupant = workspace.by_key.get((model, target))
    one = _copy(origin, target, occupant, kept, copy_policies=copy_policies)
    arguments = {"model": model, "source": source, "target": target}
    if kept:
        arguments["keep"] = ",".join(kept)
    if copy_policies:
        arguments["copyPolicies"] = "true"
    return between(
        workspace,
        edited(workspace, put=(one,)),
        kind=TransitionKind.RELEASE,
        arguments=arguments,
        warnings=_falls(occupant, one),
    )


def _refusal(workspace: Workspace, model: str, source: str, target: str) -> Refusal | None:
    if refusal := missing_environment(workspace, source, target) or missing_model(workspace, model):
        return refusal
    if source == target:
        message = f"{quote(model)} cannot be released from {quote(source)} onto itself"
        return Refusal(RefusalReason.SELF_RELEASE, message)
    origin = workspace.by_key.get((model, source))
    if origin is None:
        return Refusal(RefusalReason.SOURCE_ABSENT, absence(workspace, model, source))
    if not origin.enabled:
        message = f"{quote(model)} is disabled in {quote(source)}"
        advice = f"enable {quote(model)} in {quote(source)} first"
        return Refusal(RefusalReason.SOURCE_DISABLED, message, repairs=advise(advice))
    return _gate(workspace, model, source, target)


def _gate(workspace: Workspace, model: str, source: str, target: str) -> Refusal | None:
    """Return why the target takes no release from the source, or None."""
    allowed = workspace.environments[target].releases_from
    if not allowed or source in allowed:
        return None
    listed = ", ".join(quote(name) for name in allowed)
    message = f"{quote(target)} takes releases from {listed} only, not from {quote(source)}"
    repairs = advise(
        *(
            f"release {quote(model)} from {quote(source)} to {quote(name)} first"
            for name in allowed
            if name != target
        )
    )
    return Refusal(RefusalReason.GATE, message, repairs=repairs)


def _kept(words: Iterable[Keep | str]) -> tuple[Keep, ...]:
    """Return the fields to keep, each once, in the order of ``Keep``."""
    wanted = set(words)
    for word in sorted(wanted - set(Keep)):
        allowed = "choose one of " + ", ".join(quote(one) for one in Keep)
        advice = did_you_mean(word, Keep, allowed)
        raise _wrong(Code.UNKNOWN_VALUE, f"`keep` cannot be {quote(word)}", advice)
    return tuple(one for one in Keep if one in wanted)


def _copy(
    origin: ModelDeployment,
    target: str,
    occupant: ModelDeployment | None,
    kept: tuple[Keep, ...],
    *,
    copy_policies: bool,
) -> ModelDeployment:
    own = {one.field: getattr(occupant, one.field) for one in kept} if occupant else {}
    if not copy_policies:
        own["policies"] = occupant.policies if occupant else ()
    low = own.get("min_replicas", origin.min_replicas)
    high = own.get("replicas", origin.replicas)
    if low > high:
        raise _mismatch(origin, target, own, low, high)
    return remade(origin, environment=target, **own)


def _mismatch(
    origin: ModelDeployment, target: str, own: dict[str, object], low: int, high: int
) -> InputError:
    words = {True: f"kept in {quote(target)}", False: f"copied from {quote(origin.environment)}"}
    least, most = words["min_replicas" in own], words["replicas" in own]
    message = f"`minReplicas` {least} is {low}, more than the {high} `replicas` {most}"
    other = "minReplicas" if "replicas" in own else "replicas"
    return _wrong(Code.MIN_ABOVE_MAX, message, f"keep `{other}` as well, or neither")


def _wrong(code: Code, message: str, advice: str | None) -> InputError:
    return InputError([Diagnostic(PYTHON, 1, 1, code, message, advice)])


def _falls(before: ModelDeployment | None, after: ModelDeployment) -> Iterable[str]:
    """Yield what the target has less of than before."""
    if before is None:
        return
    where = f"of {quote(after.name)} in {quote(after.environment)}"
    for name in (Keep.REPLICAS, Keep.PRIORITY):
        old, new = getattr(before, name.field), getattr(after, name.field)
        if new < old:
            yield f"`{name}` {where} falls from {old} to {new}"
