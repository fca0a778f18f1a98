"""Every mistake in a catalog folder is found, all at once, each with its place."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.catalog.codes import Code
from placement.catalog.layout import Layout
from placement.catalog.load import load_catalog
from placement.catalog.names import load_names
from placement.catalog.sheet import Findings, open_sheet
from placement.errors import Diagnostic, InputError
from tests.catalog.conftest import Folder


def findings(path: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(InputError) as caught:
        load_catalog(path)
    return caught.value.diagnostics


# File, text in it, what stands there instead, code, part of the message, part of the advice.
# `^` is where the finding must point; without it, to the start of the line.
MISTAKES = [
    ("regions", "latitude", "lat", "CT107", "`latitude` is missing", None),
    ("regions", "partition", "^partitoin", "CT108", "`partitoin`", "`partition`"),
    ("regions", "region,name,country,latitude,longitude,carbon_g_per_kwh,partition",
     "^region,name,country,latitude,longitude,carbon_g_per_kwh,region", "CT109",
     "`region` is there twice", None),
    ("regions", "Virginia,US", "Virginia,^Untied States", "CT121", "country `Untied States`",
     "`United States`"),
    ("regions", "lands,NL", "lands,^", "CT111", "empty", None),
    ("regions", "38.9", "^98.9", "CT117", "outside -90 to 90", None),
    ("regions", "38.9", "^north", "CT113", "`north` is not a number", None),
    ("regions", "38.9", "^.", "CT113", "`.` is not a number", None),
    ("regions", "379.5,", "^nan,", "CT114", "`nan` is not a finite number", None),
    ("regions", "379.5,", "^-inf,", "CT114", "not a finite", None),
    ("regions", "379.5,", "^-1,", "CT115", "`-1` is negative", None),
    ("regions", "commercial", "^comercial", "CT126", "`comercial`", "`commercial`"),
    ("regions", "aws,ap-southeast-3", "aws,^US-EAST-1", "CT130", "twice, first on line 2", None),
    ("regions", "aws,us-east-1", "^a/ws,us-east-1", "CT112", "has a `/`", None),
    ("regions", "N. Virginia", "^N.\u200bVirginia", "CT112", "cannot be seen", None),
    ("gpus", "nvidia,16", "nvidia,^", "CT111", "empty", "not 0"),
    ("gpus", "nvidia,16", "nvidia,^0", "CT115", "must be above 0", None),
    ("gpus", "Turing,,70", "Turing,,^70.5", "CT116", "not a whole number", None),
    ("gpus", "T4G,", "^t4,", "CT130", "`t4` is there twice, first on line 2", None),
    ("gpus", "big", "^T4", "CT134", "`T4` already means `T4`", None),
    ("gpus", "big", "^a100", "CT134", "name of a family", None),
    ("nodes", "aws,us-east-1,us", "aws,^us-eats-1,us", "CT122", "region `aws/us-eats-1`",
     "`us-east-1`"),
    ("nodes", "aws,us-east-1,us", "gcp,^us-east-1,us", "CT122", "region `gcp/us-east-1`",
     "`aws/us-east-1`"),
    ("nodes", "gpu,T4", "gpu,^T44", "CT123", "unknown GPU `T44`", "`T4`"),
    ("nodes", "gpu,A100-80GB", "gpu,^A100", "CT123", "`A100` means 2 GPUs", "`A100-40GB`"),
    ("nodes", "cpu,amd64", "cpu,^sparc", "CT123", "unknown CPU flavor `sparc`", "`arm64`"),
    ("nodes", "g4dn,gpu", "g4dn,^gpus", "CT124", "`gpus`", "`gpu`"),
    ("nodes", "cordoned", "^cordond", "CT125", "unknown state `cordond`", "`cordoned`"),
    ("nodes", "gpu,T4,4", "gpu,T4,^0", "CT132", "cannot have 0 GPUs", None),
    ("nodes", "gpu,T4,4", "gpu,T4,^1.5", "CT116", "not a whole number", None),
    ("nodes", "gpu,T4,4", "gpu,T4,^4000", "CT117", "limit is 1024", None),
    ("nodes", "amd64,0", "amd64,^1", "CT132", "a cpu node cannot have 1 GPUs", None),
    ("nodes", "001,1,,,0", "001,1,^1/2,,0", "CT132", "cpu node cannot have a gpu_fraction", None),
    ("nodes", "A10,1", "A10,^2", "CT132", "gpu_count is 2", None),
    ("nodes", "1/6", "^0", "CT131", "not between", None),
    ("nodes", "1/6", "^7/6", "CT131", "not between", None),
    ("nodes", "1/6", "^1/1", "CT131", "not between", "empty for whole"),
    ("nodes", "1/6", "^1/0", "CT131", "not a fraction", None),
    ("nodes", "1/6", "^sixth", "CT131", "not a fraction", "`1/6`"),
    ("nodes", "1/6", "^1/1001", "CT131", "not between", None),
    ("nodes", "48,192", "^,192", "CT111", "empty", "not 0"),
    ("nodes", "48,192", "^0,192", "CT115", "above 0", None),
    ("nodes", "3.912", "^3.9120000001", "CT116", "more than 9 decimals", None),
    ("nodes", "3.912", "^1e300", "CT117", "too large", None),
    ("nodes", "3.912", "^1e9999", "CT113", "not a number", None),
    ("nodes", "3.912", "^1_000", "CT113", "not a number", "separators"),
    ("nodes", "3.912", '^"3,912"', "CT113", "not a number", "decimal point"),
    ("nodes", "3.912", "^\u0663", "CT113", "not a number", None),
    ("nodes", "3.912,2", "3.912,^-2", "CT115", "negative", None),
    ("nodes", "3.912,2,,,2", "3.912,2,,,^", "CT111", "empty", "not 0"),
    ("nodes", "g2,", "^g1,", "CT130", "`g1` is there twice, first on line 2", None),
    ("nodes", "g2,", "^,", "CT111", "empty", None),
    ("reserved", "g1/1", "^g1/2", "CT127", "unknown node `g1/2`", "`g1/0` to `g1/1`"),
    ("reserved", "g1/1", "^gg1/1", "CT127", "unknown node", "`g1`"),
    ("reserved", "2.5", "^4.0001", "CT133", "reserved 4.001, the node has 4", None),
    ("reserved", "2.5,1", "2.5,^49", "CT133", "the node has 48", None),
    ("reserved", "0.0001", "^193", "CT133", "the node has 192", None),
    ("states", "g3/2", "^g3/3", "CT127", "unknown node `g3/3`", "`g3/0` to `g3/2`"),
    ("states", "g3/2", "^g33/2", "CT127", "unknown node `g33/2`", "`g3`"),
    ("states", "g3/2", "^g3", "CT127", "unknown node `g3`", None),
    ("states", "g3/2", "^g3/1", "CT130", "`g3/1` is there twice, first on line 2", None),
    ("states", "draining", "^drainign", "CT125", "unknown state `drainign`", "`draining`"),
    ("states", "draining", "^", "CT111", "empty", None),
    ("states", "g3/2", "^", "CT111", "empty", None),
    ("states", "node,state", "node,stat", "CT107", "`state` is missing", None),
    ("latency", "81.5", "^", "CT111", "empty", None),
    ("latency", "ba,ap-southeast-3", "ba,^nowhere", "CT122", "`alibaba/nowhere`", None),
    ("latency", "alibaba,ap-southeast-3,azure,", "aws,us-east-1,azure,^", "CT130", "twice", None),
    ("nodes", "g3,azure", "g3,azure,azure", "CT105", "16 fields where the header has 15", None),
    ("nodes", "g2,aws", "g2", "CT105", "14 fields where the header has 15", None),
    ("nodes", "g3,azure", '"g3"x,azure', "CT104", "not CSV", "quote"),
    ("nodes", "small", '"small', "CT104", "not CSV", "quote"),
    ("nodes", "small", "sm\0all", "CT104", "NUL", None),
    ("nodes", "small", "s" * 5000, "CT106", "5000 characters", None),
    ("nodes", "small", "s" * 200_000, "CT106", "more than", None),
    ("nodes", "small", "^" + "s" * 300, "CT106", "300 characters, the limit is 253", None),
    ("nodes", 'g4dn', '14" card,', "CT105", "16 fields", None),
    ("nodes", "us-east-1a,g4dn,gpu,T4", '14" rack,g4dn,gpu,^T5', "CT123", "`T5`", None),
    ("nodes", "us-east-1a,g4dn,gpu,T4", '"a,""b""",g4dn,gpu,^"T5"', "CT123", "`T5`", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "code", "message", "suggestion"), MISTAKES)
def test_one_mistake(
    folder: Folder, name: str, old: str, new: str, code: str, message: str, suggestion: str | None
) -> None:
    before = folder.text(name)
    start = before.index(old)
    folder.replace(name, old, new.replace("^", ""))
    found = [d for d in findings(folder.path) if d.code == code]
    assert len(found) == 1
    (finding,) = found
    assert finding.file == os.path.join(folder.path, f"{name}.csv")
    line_start = before.rfind("\n", 0, start) + 1
    column = start - line_start + new.index("^") + 1 if "^" in new else 1
    assert (finding.line, finding.column) == (before.count("\n", 0, start) + 1, column)
    assert message in finding.message
    assert not finding.message.endswith(".")
    if suggestion:
        assert finding.suggestion is not None
        assert suggestion in finding.suggestion


IN_CODE = {Code.NOT_WRITABLE, Code.UNKNOWN_PLACE, Code.AMBIGUOUS}


def test_every_code_has_been_seen() -> None:
    seen = {row[3] for row in MISTAKES}
    elsewhere = {Code.NO_FILE, Code.UNREADABLE, Code.NOT_UTF8, Code.MORE, *IN_CODE}
    assert seen | elsewhere == set(Code)


@pytest.mark.parametrize("name", ["regions", "gpus", "nodes"])
def test_a_missing_file(folder: Folder, name: str) -> None:
    folder.file(name).unlink()
    (finding,) = findings(folder.path)
    assert (finding.code, finding.line, finding.column) == ("CT101", 1, 1)
    with pytest.raises(InputError, match="CT101"):
        load_names(folder.path)


@pytest.mark.parametrize("name", ["reserved", "states", "latency"])
def test_a_file_that_need_not_be_there(folder: Folder, name: str) -> None:
    folder.file(name).unlink()
    assert not getattr(load_catalog(folder.path), name)


def test_no_folder_at_all(tmp_path: Path) -> None:
    assert [d.code for d in findings(tmp_path / "none")] == ["CT101"] * 3
    (tmp_path / "file").write_text("x")
    assert {d.code for d in findings(tmp_path / "file")} <= {"CT101", "CT102"}


def test_a_folder_in_place_of_a_file(folder: Folder) -> None:
    folder.file("gpus").unlink()
    folder.file("gpus").mkdir()
    (finding,) = findings(folder.path)
    assert finding.code == "CT102"


def test_text_that_is_not_utf_8(folder: Folder) -> None:
    content = folder.file("regions").read_bytes().replace(b"Jakarta", "Jak\xe4rta".encode("cp1252"))
    folder.file("regions").write_bytes(content)
    (finding,) = findings(folder.path)
    assert (finding.code, finding.line, finding.column) == ("CT103", 3, 23)
    assert "0xe4" in finding.message


@pytest.mark.parametrize("content", ["", "\n", "\ufeff"])
def test_an_empty_file(folder: Folder, content: str) -> None:
    folder.file("gpus").write_text(content, encoding="utf-8")
    assert [(d.code, d.message) for d in findings(folder.path)] == [("CT104", "the file is empty")]


def test_all_mistakes_at_once_in_order(folder: Folder) -> None:
    folder.replace("nodes", "3.912", "-1")
    folder.replace("nodes", "gpu,T4", "gpu,T5")
    folder.replace("nodes", "cordoned", "gone")
    folder.replace("regions", "Netherlands,NL", "Netherlands,XX")
    folder.replace("gpus", "nvidia,24", "nvidia,x")
    found = [(Path(d.file).name, d.line, d.code) for d in findings(folder.path)]
    assert found == [
        ("regions.csv", 5, "CT121"),
        ("gpus.csv", 6, "CT113"),
        ("nodes.csv", 2, "CT115"),
        ("nodes.csv", 3, "CT125"),
    ]


def test_the_text_at_fault_is_marked(folder: Folder) -> None:
    folder.replace("latency", "81.5", "slow")
    (finding,) = findings(folder.path)
    assert finding.excerpt is not None
    source, marks = finding.excerpt.splitlines()
    start = marks.index("^")
    assert source[start : start + 4] == "slow"
    assert marks[start:] == "^~~~"
    assert str(finding).startswith(f"{finding.file}:3:32: CT113 ")


def test_places_after_quoted_commas_and_line_breaks(folder: Folder) -> None:
    folder.replace("nodes", "us-east-1a,g4dn", '"a,b","g4\n""dn"""')
    folder.replace("nodes", "3.912", "free")
    found = findings(folder.path)
    assert ("CT113", 3, 25) in [(d.code, d.line, d.column) for d in found]
    folder.replace("nodes", "free", "3.9")
    assert {d.code for d in findings(folder.path)} == {"CT112"}


def test_lines_are_counted_over_blank_lines_and_a_byte_order_mark(folder: Folder) -> None:
    folder.replace("gpus", "gpu,vendor", "\ufeff\n\ngpu,vendor")
    folder.replace("gpus", "T4G,nvidia,16", "\nT4G,nvidia,x")
    (finding,) = findings(folder.path)
    assert (finding.code, finding.line, finding.column) == ("CT113", 6, 12)


def test_blank_lines_and_a_byte_order_mark_are_no_mistake(folder: Folder) -> None:
    before = load_catalog(folder.path).digest
    for name in ("regions", "gpus", "nodes", "reserved", "states", "latency"):
        text = "\ufeff\n" + folder.text(name).replace("\n", "\r\n\r\n")
        folder.file(name).write_text(text, encoding="utf-8", newline="")
    assert load_catalog(folder.path).digest == before


def test_a_source_column_is_allowed_everywhere(folder: Folder) -> None:
    before = load_catalog(folder.path).digest
    for name in ("regions", "gpus", "nodes", "reserved", "states", "latency"):
        header, *rows = folder.text(name).splitlines()
        text = "\n".join([f"{header},source", *(f"{row},NA" for row in rows)])
        folder.file(name).write_text(text, encoding="utf-8")
    assert load_catalog(folder.path).digest == before


def test_many_mistakes_are_counted_and_not_all_shown(folder: Folder) -> None:
    header = folder.text("nodes").splitlines()[0]
    row = "n{},aws,us-east-1,,t,gpu,T{},1,1,1,1,1,,,0"
    rows = [row.format(i, 1000 + i) for i in range(3000)]
    folder.file("nodes").write_text("\n".join([header, *rows]), encoding="utf-8")
    folder.file("reserved").unlink()
    folder.file("states").unlink()
    found = findings(folder.path)
    assert [d.code for d in found] == ["CT123"] * 100 + ["CT199"]
    assert found[-1].message == "2900 more findings in this file are not shown"


def test_a_hundred_thousand_node_groups_load(folder: Folder) -> None:
    header = folder.text("nodes").splitlines()[0]
    buffer = io.StringIO()
    buffer.write(header)
    for i in range(100_000):
        buffer.write(f"\nn{i:06},aws,us-east-1,z{i % 3},t,gpu,T4,1,8,32.5,1.{i:06},1,,,0")
    folder.file("nodes").write_text(buffer.getvalue(), encoding="utf-8")
    folder.file("reserved").unlink()
    folder.file("states").unlink()
    catalog = load_catalog(folder.path)
    assert len(catalog.node_groups) == 100_000
    assert catalog.node_groups[99_999].price == 1_099_999_000
    assert len(catalog.table) == 100_000


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_text_makes_the_loader_fail_otherwise(folder: Folder, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["regions", "gpus", "nodes", "reserved", "states", "latency"]))
    before = folder.file(name).read_bytes()
    at = data.draw(st.integers(0, len(before)))
    until = data.draw(st.integers(at, min(len(before), at + 12)))
    junk = data.draw(
        st.sampled_from([b'"', b"\r", b"\n", b",", b"\xff", b"\0", b"-", b"1e999", b"NA", b" "])
        | st.binary(max_size=6)
    )
    folder.file(name).write_bytes(before[:at] + junk + before[until:])
    try:
        for load in (load_catalog, load_names):
            for finding in findings_if_any(load, folder.path):
                assert finding.line >= 1
                assert finding.column >= 1
    finally:
        folder.file(name).write_bytes(before)


def findings_if_any(load: Callable[[Path], object], path: Path) -> tuple[Diagnostic, ...]:
    try:
        load(path)
    except InputError as error:
        return error.diagnostics
    return ()


CSV_TEXT = st.text(alphabet='ab" ,\r\n\t\x0b\u2028\ufeffN', max_size=30)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=CSV_TEXT)
def test_both_readers_of_csv_see_the_same_cells(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"a,b\n{text}", encoding="utf-8", newline="")
    sheet = open_sheet(str(path), Layout("x.csv", ("a", "b")), Findings())
    if sheet is None:
        return
    by_csv = [list(record.values()) for record in sheet.records()]
    by_pandas = [[cell.strip() for cell in row] for row in sheet.frame().to_numpy().tolist()]
    assert by_pandas == by_csv
    assert len(sheet.starts) == len(by_csv)
    breaks_in_quotes = '"' in text and ("\n" in text or "\r" in text)
    for row, cells in enumerate(by_csv):
        for column, cell in zip("ab", cells, strict=True):
            line, place, source, _ = sheet.position(row, column)
            found = source[place - 1 :].lstrip(' \t"\x0b\u2028\ufeff')
            first = cell.lstrip(' \t"\x0b\u2028\ufeff\r\n,')[:1]
            assert line >= sheet.starts[row]
            assert breaks_in_quotes or "," in cell or found.startswith(first)
