"""The section about policies: which countries they leave to each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement.report.allowed import Allowed, by_environment, by_policy, everywhere
from placement.report.content import Figure, Section, table
from placement.report.numbers import counted, named
from placement.report.style import lighter
from placement.report.use import spots

if TYPE_CHECKING:
    import altair as alt

    from placement.report.subject import Subject

MOST_MAPS = 6
MOST_ROWS = 40
MOST_COUNTRIES = 8
TINT = "#9fb0c0"
"""Of the map of a policy."""


def allowed(subject: Subject) -> Section:
    """Return the maps of what policies leave each environment, and of each policy by itself."""
    title = "What policies allow"
    environments, policies = by_environment(subject), by_policy(subject)
    if not environments and not policies:
        return Section(title, ("no environment has a deployment, and no policy is attached",))
    whole = everywhere(subject.catalog)
    narrowing = [one for one in policies if one.countries != whole]
    figures = [_environment(subject, one) for one in environments[:MOST_MAPS]]
    figures += [_policy(one) for one in narrowing[:MOST_MAPS]]
    sentences = [
        "Shaded are the countries of the catalog with a node group that the policies leave to at "
        "least one deployment of the environment, or that a policy allows by itself. Hardware and "
        "free capacity are not asked."
    ]
    left = len(environments) + len(narrowing) - len(figures)
    if left:
        sentences.append(f"{counted(left, 'more map')}: see the table.")
    rows = [
        *((f"environment {one.name}", *_cells(one)) for one in environments),
        *((f"policy {one.name}", *_cells(one)) for one in policies),
    ]
    heads = ("of", "allows", "countries", "which", "node groups")
    tables = table(heads, rows, right=("countries", "node groups"), most=MOST_ROWS)
    return Section(title, tuple(sentences), tuple(figures), tables)


def _cells(one: Allowed) -> tuple[str, ...]:
    return (
        ", ".join(one.policies) or "everything",
        f"{len(one.countries):,}",
        named(one.countries, MOST_COUNTRIES),
        f"{one.groups:,} of {one.of:,}",
    )


def _environment(subject: Subject, one: Allowed) -> Figure:
    def chart() -> alt.TopLevelMixin:
        from placement.report.maps import palette_of, shaded_map

        names = tuple(dict.fromkeys((*subject.environments, one.name)))
        palette = palette_of(names)
        own = [spot for spot in spots(subject) if spot.environment == one.name]
        return shaded_map(one.countries, lighter(palette.colour(one.name)), own, palette)

    policies = ", ".join(one.policies) or "no policies"
    return Figure(f"environment {one.name}", chart, f"{policies}: {_countries(one)}", small=True)


def _policy(one: Allowed) -> Figure:
    def chart() -> alt.TopLevelMixin:
        from placement.report.maps import palette_of, shaded_map

        return shaded_map(one.countries, TINT, (), palette_of(()))

    options = ", ".join(one.policies)
    return Figure(f"policy {one.name}", chart, f"{options}: {_countries(one)}", small=True)


def _countries(one: Allowed) -> str:
    return counted(len(one.countries), "country", "countries")
