"""The sections about trust: tiers and bounds, what the verifier found, how to do it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from placement.plan.numbers import shown
from placement.report.content import Figure, Section, Table, table
from placement.report.course import Moment, course
from placement.report.numbers import counted

if TYPE_CHECKING:
    import altair as alt

    from placement.plan.plan import Plan
    from placement.plan.rows import Tier
    from placement.report.subject import Subject

MOST_ROWS = 40
MOST_COURSES = 4


def good(subject: Subject) -> Section:
    """Return the tiers, and how value and bound came together."""
    plan = subject.plan
    title = "How good it is"
    if not plan.tiers:
        return Section(title, ("there is no plan to be judged",))
    found = course(plan)
    order = [tier for tier in reversed(plan.tiers) if tier.name in found][:MOST_COURSES]
    figures = [
        Figure(f"{tier.name} over time", partial(_course, found[tier.name], tier), small=True)
        for tier in order
    ]
    sentences = [*_ended(plan)]
    if figures:
        sentences.append(
            "Over time: parts are solved one after another, and what is reported is the sum of "
            "the parts so far."
        )
    return Section(title, tuple(sentences), tuple(figures), _tiers(plan))


def _course(moments: Sequence[Moment], tier: Tier) -> alt.TopLevelMixin:
    from placement.report.lines import course_chart

    return course_chart(moments, f"{tier.name}, {unit_of(tier)}".rstrip(", "))


def _ended(plan: Plan) -> list[str]:
    first = plan.stats.get("firstPlan")
    seconds = plan.stats.get("seconds")
    found = []
    if isinstance(seconds, int | float):
        when = first.get("seconds") if isinstance(first, Mapping) else None
        early = f", the first plan after {when:g} s" if isinstance(when, int | float) else ""
        found.append(f"solved in {seconds:g} s{early}")
    if plan.stopped_by:
        found.append(f"the search was ended by: {plan.stopped_by}")
    if not plan.reproducible:
        found.append("the same question may get another answer: a limit of time cut the search")
    return found


def _tiers(plan: Plan) -> tuple[Table, ...]:
    rows = [
        (
            tier.name,
            _number(tier.value, tier.scale),
            "unknown" if tier.bound is None else _number(tier.bound, tier.scale),
            _gap(tier),
            unit_of(tier),
            _proof(tier),
        )
        for tier in plan.tiers
    ]
    heads = ("tier", "value", "bound", "gap", "unit", "proof")
    return table(heads, rows, right=("value", "bound", "gap"))


def unit_of(tier: Tier) -> str:
    """Return what a tier counts; a mix adds up unlike things."""
    return tier.unit or ("" if tier.name.startswith("mix:") else "GPUs")


def _number(value: int, scale: int) -> str:
    if scale < 1:
        return "?"
    text = f"{float(shown(value, scale)):,.6f}"
    return text.rstrip("0").rstrip(".")


def _gap(tier: Tier) -> str:
    if tier.bound is None:
        return "unknown"
    if tier.proved:
        return "proved"
    return f"{100 * (tier.value - tier.bound) / max(1, abs(tier.value)):.2f} %"


def _proof(tier: Tier) -> str:
    words = [tier.proof or ("needs none" if tier.bound == 0 else "")]
    words += ["conditional"] if tier.conditional else []
    words += [f"scope: {tier.scope}"] if tier.scope else []
    return ", ".join(word for word in words if word)


def findings(subject: Subject) -> Section:
    """Return what verifier and certificate say of the plan."""
    verdict = subject.verdict
    checked = ", ".join(f"{count:,} {thing}" for thing, count in verdict.checked.items())
    broken = len(verdict.violations)
    head = f"{counted(broken, 'violation')} found" if broken else "no rule is broken"
    rows = [(v.rule, v.subject, v.message) for v in verdict.violations]
    sentences = [f"verifier: {head}; checked: {checked}"]
    if not subject.plan.prices:
        sentences.append("certificate: the plan has no price list, so no bound is proved again")
    tables = (
        *table(("rule", "subject", "what is wrong"), rows, most=MOST_ROWS, things="violations"),
        *_certificate(subject),
        *_observed(subject),
    )
    return Section("What verifier and certificate say", tuple(sentences), (), tables)


def _certificate(subject: Subject) -> tuple[Table, ...]:
    scales = {tier.name: tier.scale for tier in subject.verdict.tiers}
    stated = {tier.name: tier for tier in subject.plan.tiers}
    rows = []
    for proof in subject.verdict.proofs:
        tier, scale = stated.get(proof.tier), scales.get(proof.tier, 1)
        bound = None if tier is None or tier.bound is None else _number(tier.bound, tier.scale)
        proved = "nothing" if proof.bound is None else _number(proof.bound, scale)
        rows.append((proof.tier, bound or "none", proved, "; ".join(proof.faults) or "valid"))
    heads = ("tier", "bound that is stated", "bound that its prices prove", "prices")
    return table(heads, rows, right=heads[1:3])


def _observed(subject: Subject) -> tuple[Table, ...]:
    found = subject.plan.observed
    rows = [(o.policy, o.model, o.environment, o.node, f"{o.replicas:,}") for o in found]
    heads = ("observed policy would refuse", "model", "environment", "node", "replicas")
    return table(heads, rows, right=("replicas",), most=MOST_ROWS)


def sources(subject: Subject) -> Section:
    """Return what the plan was made of, and the commands that make and judge it again."""
    plan, basis = subject.plan, subject.plan.basis
    rows = [
        ("plan", plan.digest),
        ("catalog", basis.catalog),
        ("workspace", basis.workspace),
        ("what runs", basis.running),
        *([("serial of the store", f"{basis.serial}")] if basis.serial is not None else []),
        *_named("version of", plan.stats.get("versions")),
        *_named("option", plan.stats.get("options")),
    ]
    sentences = tuple(f"warning: {warning}" for warning in plan.warnings)
    return Section("Made of", sentences, (), table(("what", "is"), rows), subject.commands)


def _named(word: str, found: Any) -> list[tuple[str, str]]:
    if not isinstance(found, Mapping):
        return []
    return [(f"{word} {name}", "none" if is_ is None else str(is_)) for name, is_ in found.items()]
