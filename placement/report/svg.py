"""A chart as an SVG that stands on its own: no script, no request, a tooltip on every mark."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from placement.catalog.text import visible
from placement.report.world import WORLD, topology

if TYPE_CHECKING:
    import altair as alt

SPACE = "{http://www.w3.org/2000/svg}"
LONG = 60
"""Characters from which an outline that comes again is not written again."""
_SPOKEN = ("aria-roledescription", "aria-label", "aria-hidden", "role", "class")
"""What the drawer says of every part of a chart, mark or not."""
_OWN = re.compile(r' id="((?:clip|gradient_)\d+)"')
_NUMBER = re.compile(r"-?\d*\.\d{2,}")


class Drawer:
    """Draws the charts of one page; outlines that several of them have are written once."""

    def __init__(self) -> None:
        self._outlines: dict[str, str] = {}
        self._names = 0

    def draw(self, chart: alt.TopLevelMixin, title: str) -> str:
        """Return the SVG element of a chart, with ``title`` for those who do not see it."""
        import vl_convert

        root = ET.fromstring(vl_convert.vegalite_to_svg(specification(chart)))
        for element in list(root.iter()):
            element.tag = element.tag.removeprefix(SPACE)
            _name_mark(element)
            if "d" in element.attrib:
                self._share(element)
        root.attrib.pop("version", None)
        root.set("role", "group")
        root.set("aria-label", visible(title))
        return self._named(ET.tostring(root, encoding="unicode"))

    def _share(self, element: ET.Element) -> None:
        """Round an outline to tenths of a pixel, and keep a long one for others."""
        outline = _NUMBER.sub(_rounded, element.attrib.pop("d"))
        if len(outline) < LONG:
            element.set("d", outline)
            return
        name = self._outlines.setdefault(outline, f"outline-{len(self._outlines)}")
        element.tag = "use"
        element.set("href", f"#{name}")

    def _named(self, text: str) -> str:
        """Return a chart in which what it refers to is numbered by the page, not by the process."""
        for name in dict.fromkeys(_OWN.findall(text)):
            self._names += 1
            own = f"part-{self._names}"
            text = text.replace(f' id="{name}"', f' id="{own}"')
            text = text.replace(f"url(#{name})", f"url(#{own})")
        return text

    def outlines(self) -> str:
        """Return the element with the outlines that the drawn charts refer to."""
        paths = "".join(
            f'<path id="{name}" d="{outline}"/>' for outline, name in self._outlines.items()
        )
        return f'<svg width="0" height="0" aria-hidden="true"><defs>{paths}</defs></svg>'


def _name_mark(element: ET.Element) -> None:
    """Give a mark that means something its tooltip, and all others silence."""
    is_mark = element.get("role") == "graphics-symbol"
    label = element.get("aria-label")
    for name in _SPOKEN:
        element.attrib.pop(name, None)
    if is_mark and label is not None:
        element.set("role", "img")
        tooltip = ET.Element("title")
        tooltip.text = label
        element.insert(0, tooltip)


def specification(chart: alt.TopLevelMixin) -> str:
    """Return the Vega-Lite text of a chart.

    The outlines of countries are put in here, by name: the check of a chart's shape would walk
    through all their points.
    """
    document: dict[str, Any] = _visible(chart.to_dict())
    text = json.dumps(document)
    if f'"name": "{WORLD}"' in text:
        document.setdefault("datasets", {})[WORLD] = topology()
        text = json.dumps(document)
    return text


def _visible(value: Any) -> Any:
    """Return a value with every text in it, keys apart, as it can be seen and written."""
    match value:
        case str():
            return visible(value)
        case list():
            return [_visible(one) for one in value]
        case dict():
            return {key: _visible(one) for key, one in value.items()}
    return value


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}"
