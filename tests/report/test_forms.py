"""A report as text, as a picture and in full, and how long it takes for a large fleet."""

from __future__ import annotations

import re
import struct
import time
import zlib
from pathlib import Path

import pytest

import placement as pl
from placement.catalog.catalog import make_catalog
from placement.catalog.load import load_catalog
from placement.catalog.rows import NodeGroup
from placement.catalog.shipped import shipped
from placement.objectives.mix import parse_objective
from placement.options import Billing
from placement.plan.assembly import bare_plan
from placement.plan.view import PlacedRow, PlanView
from placement.report import Form, Subject, content_of, form_of, subject_of
from placement.report.picture import packed
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment
from tests.verifier.fleet import deployment
from tests.verifier.story import CATALOG, PLAN, SPACE


@pytest.mark.parametrize("name", ["story", "hostile", "empty", "broken"])
def test_every_row_of_a_markdown_table_has_the_cells_of_its_head(
    name: str, request: pytest.FixtureRequest
) -> None:
    text = content_of(request.getfixturevalue(name), Form.MARKDOWN).decode()
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert tables
    for table in tables:
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table
    assert "\n\n\n" not in text


def test_text_says_in_numbers_what_pictures_show(story: Subject) -> None:
    text = content_of(story, Form.MARKDOWN).decode()
    assert "| region | T4 |\n| --- | ---: |\n| aws/eu-west-1 | 3 / 8 |" in text
    assert "| region | T4 | x86\\_64 | all |" in text
    assert "| aws/us-east-1 | 1.5000 | 0.2500 | 1.7500 |" in text


def test_no_name_means_anything_in_markdown(hostile: Subject) -> None:
    text = content_of(hostile, Form.MARKDOWN).decode()
    assert r"\<script\>alert(1)\</script\>" in text
    assert not re.search(r"(?<!\\)[<>]", text)


def test_a_picture_has_the_size_it_says(story: Subject) -> None:
    png = content_of(story, Form.PNG)
    width, height = struct.unpack(">II", png[16:24])
    assert width > 1_300
    assert height > 700
    assert len(png) < 400_000


def test_packing_a_picture_keeps_every_pixel(story: Subject) -> None:
    png = content_of(story, Form.PNG)
    bits = zlib.compress(pixels(png), 1)
    head, half = png[:33], len(bits) // 2
    loose = head + chunk(b"IDAT", bits[:half]) + chunk(b"IDAT", bits[half:]) + chunk(b"IEND", b"")
    again = packed(loose)
    assert pixels(again) == pixels(loose) == pixels(png)
    assert len(again) < len(loose)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pixels(png: bytes) -> bytes:
    found, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", png, at + 8 + size)[0] == zlib.crc32(name + data)
        found += data if name == b"IDAT" else b""
        at += size + 12
    return zlib.decompress(found)


def test_an_empty_plan_has_its_picture(empty: Subject) -> None:
    assert content_of(empty, Form.PNG).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.html", Form.HTML), ("b.PNG", Form.PNG), ("c.x.md", Form.MARKDOWN)],
)
def test_the_end_of_a_name_is_the_form(name: str, form: Form) -> None:
    assert form_of(Path(name)) is form


@pytest.mark.parametrize("name", ["report", "report.pdf", "html", ".html.gz", "a.htm"])
def test_another_end_of_a_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.html, \.png, \.md"):
        pl.write_report(PLAN, tmp_path / name, catalog=CATALOG, workspace=SPACE)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_large_fleet_is_drawn_in_seconds_and_two_megabytes() -> None:
    """3,000 deployments on 10,000 nodes: less than 10 s of processor, less than 2 MB."""
    base = load_catalog(shipped("catalogs", "public-cloud"))
    regions, gpus = list(base.regions.values()), sorted(base.gpus)[:20]
    groups = [
        NodeGroup(
            f"group-{at}", regions[at % 100], "a", "type", "gpu", gpus[at * 7 % 20], 8, 96_000,
            512_000, 10**9 + at, 25,
        )
        for at in range(400)
    ]  # fmt: skip
    catalog = make_catalog(regions, base.gpus.values(), groups)
    stages = [Environment(name=f"stage-{at}") for at in range(30)]
    wanted = [
        deployment(f"model-{at}", environment=f"stage-{at % 30}", replicas=2) for at in range(3_000)
    ]
    space = make_workspace([], stages, wanted)
    rows = tuple(
        PlacedRow(one, catalog.groups_by_name[f"group-{(at * 3 + i) % 400}"], at % 25, None, 1)
        for at, one in enumerate(space.deployments)
        for i in range(2)
    )
    view = PlanView(catalog, space, tuple(sorted(rows, key=lambda row: row.order)))
    plan = bare_plan(view, objective=parse_objective("cost"), billing=Billing.SHARE, bounds={})
    start = time.process_time()
    page = content_of(subject_of(plan, catalog, space), Form.HTML)
    seconds = time.process_time() - start
    assert len(page) < 2_000_000
    assert seconds < 10
