"""Circles on the map: places that lie almost on each other as one, and room for their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from placement.report.use import Spot
from placement.report.world import HEIGHT, WIDTH, place

MOST_LABELS = 9
SMALLEST = 3.5
"""The least radius in pixels: less would not be seen."""
NEAR = 5.0
"""Pixels between two regions that become one circle."""
LETTER, LINE = 6.4, 14.0
"""Width of a letter and height of a line, in pixels."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Disc:
    """What is in use in one place; its area grows with the weight."""

    x: float
    y: float
    radius: float
    spots: tuple[Spot, ...]

    @property
    def weight(self) -> int:
        """GPUs in thousandths; a replica without GPUs counts as one."""
        return sum(spot.weight for spot in self.spots)

    @property
    def name(self) -> str:
        """The largest region, and how many others."""
        regions = dict.fromkeys(spot.region for spot in self.spots)
        more = f" +{len(regions) - 1}" if len(regions) > 1 else ""
        return next(iter(regions)) + more

    @property
    def box(self) -> Box:
        """What the disc covers."""
        return (
            self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius,
        )  # fmt: skip


def discs_of(spots: Sequence[Spot], *, largest: float) -> tuple[Disc, ...]:
    """Return the circles of some spots, the largest first, so that none hides a smaller one.

    ``largest`` is the radius of the first, in pixels.
    """
    found: list[Disc] = []
    for spot in sorted(spots, key=lambda one: (-one.weight, one.region, one.environment)):
        x, y = place(spot.latitude, spot.longitude)
        at = next((i for i, disc in enumerate(found) if _near(disc, x, y)), None)
        if at is None:
            found.append(Disc(x, y, 0.0, (spot,)))
        else:
            found[at] = replace(found[at], spots=(*found[at].spots, spot))
    most = max((disc.weight for disc in found), default=0)
    found.sort(key=lambda disc: -disc.weight)
    return tuple(replace(disc, radius=_radius(disc.weight, most, largest)) for disc in found)


def _near(disc: Disc, x: float, y: float) -> bool:
    return (disc.x - x) ** 2 + (disc.y - y) ** 2 <= NEAR**2


def _radius(weight: int, most: int, largest: float) -> float:
    return max(SMALLEST, largest * (weight / most) ** 0.5) if most else SMALLEST


def place_labels(discs: Sequence[Disc]) -> list[dict[str, float | str]]:
    """Return the names of the largest places that cover neither a circle nor another name.

    A name that finds no free place beside its circle is left out; tooltip and table say it.
    """
    taken = [disc.box for disc in discs]
    found: list[dict[str, float | str]] = []
    for disc in discs:
        box = _free(disc, taken)
        if box is not None:
            taken.append(box)
            found.append({"x": box[0], "y": (box[1] + box[3]) / 2, "text": disc.name})
        if len(found) == MOST_LABELS:
            break
    return found


def _free(disc: Disc, taken: Sequence[Box]) -> Box | None:
    """Return the first place beside a circle that nothing else takes."""
    width, gap = LETTER * len(disc.name), 3.0
    left, top, right, bottom = disc.box
    corners = (
        (right + gap, disc.y - LINE / 2),
        (left - gap - width, disc.y - LINE / 2),
        (disc.x - width / 2, top - LINE),
        (disc.x - width / 2, bottom),
    )
    for x, y in corners:
        box = (x, y, x + width, y + LINE)
        if _inside(box) and not any(_meet(box, other) for other in taken):
            return box
    return None


def _inside(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
