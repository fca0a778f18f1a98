"""Every Python block of the documentation runs, and every manifest of it is valid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from placement.policies.base import Policy
from placement.policies.registry import POLICY_TYPES
from placement.workspace import load_workspace
from tests.docs.pages import DOCS, ROOT, blocks, links, pages, table

POLICY_PAGES = sorted((DOCS / "policies").glob("*.md"))


def _with(language: str) -> list[Path]:
    """Return the pages that have such blocks; blocks with a ``title`` are files, not programs."""
    return [page for page in pages() if any(not info for info, _ in blocks(page, language))]


def _name(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("page", _with("python"), ids=_name)
def test_python_blocks_run_in_order(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {"__name__": page.stem}
    for info, code in blocks(page, "python"):
        if not info:
            exec(compile(code, str(page), "exec"), names)


@pytest.mark.parametrize("page", [p for p in POLICY_PAGES if p.stem != "README"], ids=_name)
def test_manifest_blocks_are_valid(page: Path, tmp_path: Path) -> None:
    (code,) = [code for _, code in blocks(page, "yaml")]
    manifest = tmp_path / "policy.yaml"
    manifest.write_text(code, encoding="utf-8")
    (policy,) = load_workspace(manifest).policies.values()
    assert type(policy).__module__.rpartition(".")[2] == page.stem


@pytest.mark.parametrize("type_name", POLICY_TYPES)
def test_parameter_table_is_the_schema(type_name: str) -> None:
    policy_type = POLICY_TYPES[type_name]
    page = DOCS / "policies" / f"{policy_type.__module__.rpartition('.')[2]}.md"
    own = {k: v for k, v in policy_type.model_fields.items() if k not in Policy.model_fields}
    assert _described(table(page, "Parameters")) == list(_fields(own))


def test_table_of_common_parameters_is_the_schema() -> None:
    rows = _described(table(DOCS / "policies" / "README.md", "Parameters of every policy"))
    whole = {"resource_types", "selector", "enforcement", "name", "type"}
    assert whole == set(Policy.model_fields)
    assert rows == [row for row in _fields(Policy.model_fields) if "." not in row[0]]


def test_list_of_types_is_the_registry() -> None:
    text = (DOCS / "policies" / "README.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert listed[: len(POLICY_TYPES)] == list(POLICY_TYPES)


def test_the_index_leads_to_every_page() -> None:
    index = DOCS / "README.md"
    within = DOCS / "policies" / "README.md"
    linked = {(page.parent / link).resolve() for page in (index, within) for link in links(page)}
    assert set(pages()) - {index} <= linked


def _described(rows: list[list[str]]) -> list[tuple[str, str, str]]:
    return [
        (field.strip("`"), required, default.strip("`")) for field, required, default, _ in rows
    ]


def _fields(fields: dict[str, FieldInfo], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield (name, required, default) of every field, parts of a field after it."""
    for name, field in fields.items():
        where = path + (field.alias or name)
        yield where, "yes" if field.is_required() else "no", _default(field)
        for part, mark in _parts(field):
            yield from _fields(part.model_fields, f"{where}{mark}.")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True)
    return json.dumps(value)


def _parts(field: FieldInfo) -> Iterator[tuple[type[BaseModel], str]]:
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind, ""
    for inner in getattr(kind, "__args__", ()):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield inner, "[]"
