"""Where a model is called: one endpoint for each environment in which a replica of it runs.

An endpoint answers with the deployment of its own environment or not at all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote as quote_url

from placement.catalog.geography import country_names, distance_km, find_country, reference_point
from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, EndpointError, InputError
from placement.plan.running import node_order, same_template
from placement.pricing import round_half_even
from placement.workspace.codes import Code
from placement.workspace.findings import PYTHON
from placement.workspace.workspace import PRODUCTION

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True, slots=True)
class Nearest:
    """The region that answers an origin soonest.

    Attributes
    ----------
    region : str
        ``provider/region``.
    round_trip : int
        Microseconds, measured if the catalog has a measurement, else fitted to the distance.
    distance_km : float
        Great-circle distance; from a country, that of its reference point.
    """

    region: str
    round_trip: int
    distance_km: float


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model in one environment, with what runs behind it.

    Attributes
    ----------
    nodes : tuple of (node, replicas)
        By node group, then index.
    regions : tuple of str
        ``provider/region`` of each node, sorted.
    nearest : Nearest or None
        None if no origin was given.
    """

    model: str
    environment: str
    version: str
    nodes: tuple[tuple[str, int], ...]
    regions: tuple[str, ...]
    nearest: Nearest | None = None

    @property
    def path(self) -> str:
        """``/models/{model}?environment={environment}``, quoted for a URL."""
        model, environment = quote_url(self.model, safe=""), quote_url(self.environment, safe="")
        return f"/models/{model}?environment={environment}"


def resolve(
    workspace: Workspace,
    catalog: Catalog,
    model: str,
    *,
    environment: str | None = None,
    origin: str | None = None,
) -> Endpoint:
    """Return the endpoint that a call of a model reaches.

    Parameters
    ----------
    workspace : Workspace
        With what runs.
    catalog : Catalog
    model : str
    environment : str, optional
        ``production`` if absent.
    origin : str, optional
        Where the call comes from: a country, a region, or ``latitude,longitude``.

    Raises
    ------
    EndpointError
        If the model is absent or disabled there, or no replica of it runs.
    InputError
        If the origin means nothing, or several regions.
    """
    stage = PRODUCTION if environment is None else environment
    start = None if origin is None else _origin(catalog, origin)
    found = _endpoint(workspace, model, stage)
    if found is None:
        raise _unreachable(workspace, model, stage)
    return _seen_from(start, catalog, found)


def endpoints(
    workspace: Workspace, catalog: Catalog, *, origin: str | None = None
) -> tuple[Endpoint, ...]:
    """Return every endpoint that can be called, by model and environment.

    Raises
    ------
    InputError
        If the origin means nothing, or several regions.
    """
    start = None if origin is None else _origin(catalog, origin)
    found = (_endpoint(workspace, *key) for key in sorted(workspace.by_key))
    return tuple(_seen_from(start, catalog, one) for one in found if one is not None)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a call comes from: a point, and the country or region it stands for."""

    point: tuple[float, float]
    country: str | None = None
    region: str | None = None

    def reaches(self, catalog: Catalog, key: str) -> Nearest:
        place = catalog.regions[key]
        distance = distance_km(self.point, (place.latitude, place.longitude))
        return Nearest(key, self._round_trip(catalog, key), distance)

    def _round_trip(self, catalog: Catalog, key: str) -> int:
        if self.country is not None:
            return catalog.round_trip(self.country, key)
        measured = [] if self.region is None else _measured(catalog, self.region, key)
        if measured:
            return round_half_even(sum(measured), len(measured))
        return catalog.fitted_round_trip(self.point, key)


def _measured(catalog: Catalog, start: str, end: str) -> list[int]:
    """Return what was measured between two regions, in either direction."""
    pairs = ((start, end), (end, start))
    return [trip for pair in pairs if (trip := catalog.latency.get(pair)) is not None]


def _seen_from(start: _Origin | None, catalog: Catalog, found: Endpoint) -> Endpoint:
    if start is None:
        return found
    reached = (start.reaches(catalog, region) for region in found.regions)
    nearest = min(reached, key=lambda one: (one.round_trip, one.region))
    return replace(found, nearest=nearest)


def _endpoint(workspace: Workspace, model: str, environment: str) -> Endpoint | None:
    key = (model, environment)
    deployment = workspace.by_key.get(key)
    if deployment is None or not deployment.enabled:
        return None
    rows = _serving(workspace, deployment)
    if not rows:
        return None
    nodes: Counter[str] = Counter()
    for row in rows:
        nodes[row.node] += row.replicas
    return Endpoint(
        *key,
        deployment.version,
        tuple(sorted(nodes.items(), key=lambda pair: node_order(pair[0]))),
        tuple(sorted({f"{row.provider}/{row.region}" for row in rows})),
    )


def _serving(workspace: Workspace, deployment: ModelDeployment) -> tuple[Assignment, ...]:
    """Return the running rows that are of the deployment as it is asked for now."""
    if deployment.key in workspace.replaced:
        return ()
    rows = workspace.running_by_key.get(deployment.key, ())
    return tuple(row for row in rows if same_template(row, deployment))


def _unreachable(workspace: Workspace, model: str, environment: str) -> EndpointError:
    stages = sorted(stage for name, stage in workspace.by_key if name == model)
    found = (_endpoint(workspace, model, stage) for stage in stages)
    runs_in = tuple((one.environment, one.version) for one in found if one is not None)
    return EndpointError(_why(workspace, model, environment, stages), runs_in=runs_in)


def _why(workspace: Workspace, model: str, environment: str, stages: list[str]) -> str:
    if not stages:
        models = {name for name, _ in workspace.by_key}
        return _advised(f"unknown model {quote(model)}", did_you_mean(model, models))
    if environment not in workspace.environments:
        advice = did_you_mean(environment, workspace.environments)
        return _advised(f"unknown environment {quote(environment)}", advice)
    where = f"in {quote(environment)}"
    deployment = workspace.by_key.get((model, environment))
    if deployment is None:
        return f"{quote(model)} is not deployed {where}"
    if not deployment.enabled:
        return f"{quote(model)} is disabled {where}"
    return f"no replica of {quote(model)} runs {where}"


def _advised(message: str, advice: str | None) -> str:
    return f"{message}, {advice}" if advice else message


def _origin(catalog: Catalog, text: str) -> _Origin:
    point = _point(text)
    if point is not None:
        return _Origin(point)
    regions = catalog.find_regions(text)
    if len(regions) == 1:
        place = catalog.regions[regions[0]]
        return _Origin((place.latitude, place.longitude), region=place.key)
    if regions:
        listed = ", ".join(quote(key) for key in regions)
        raise _wrong(Code.AMBIGUOUS_REGION, f"region {quote(text)} is ambiguous", f"say {listed}")
    country = find_country(text)
    if country is not None:
        return _Origin(reference_point(country), country=country)
    advice = did_you_mean(text, (*country_names(), *catalog.regions))
    message = f"{quote(text)} is no country, region or `latitude,longitude`"
    raise _wrong(Code.UNKNOWN_COUNTRY, message, advice)


def _point(text: str) -> tuple[float, float] | None:
    """Return the point that two numbers within their ranges mean, or None."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        return latitude, longitude
    raise _wrong(
        Code.OUT_OF_RANGE, f"{quote(text)} is no point on Earth", "`latitude,longitude` in degrees"
    )


def _wrong(code: Code, message: str, advice: str | None) -> InputError:
    return InputError([Diagnostic(PYTHON, 1, 1, code, message, advice)])
