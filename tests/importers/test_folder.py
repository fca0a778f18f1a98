"""A folder is written whole or not at all, and nothing of others is ever replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from placement.catalog.importers import folder as room
from placement.catalog.importers.folder import write_folder
from placement.errors import InputError

FILES = {"nodes.csv": "a\n", "regions.csv": "b\n", "gpus.csv": "c\n"}


def content(folder):
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def test_a_folder_and_those_above_it_are_made(tmp_path):
    target = tmp_path / "new" / "fleet"
    write_folder(target, FILES)
    assert content(target) == FILES
    assert os.listdir(target.parent) == ["fleet"]


def test_an_empty_folder_is_filled(tmp_path):
    write_folder(tmp_path / ".", FILES)
    assert content(tmp_path) == FILES


def test_a_catalog_is_replaced_only_if_that_is_asked_for(tmp_path):
    target = tmp_path / "fleet"
    write_folder(target, {**FILES, "latency.csv": "old\n"})
    with pytest.raises(InputError, match="CT210 there is a catalog already") as caught:
        write_folder(target, FILES)
    assert "--force" in str(caught.value)
    assert "latency.csv" in content(target)
    write_folder(target, FILES, replace=True)
    assert content(target) == FILES
    assert os.listdir(tmp_path) == ["fleet"]


@pytest.mark.parametrize("name", ["thesis.tex", ".git", "Nodes.csv", "nodes.csv.bak"])
def test_a_folder_with_anything_else_is_never_replaced(tmp_path, name):
    (tmp_path / name).write_text("precious", "utf-8")
    with pytest.raises(
        InputError, match=f"the folder holds `{name}`, which is no file of a catalog"
    ):
        write_folder(tmp_path, FILES, replace=True)
    assert content(tmp_path) == {name: "precious"}


def test_a_file_of_that_name_is_never_replaced(tmp_path):
    file = tmp_path / "fleet"
    file.write_text("precious", "utf-8")
    with pytest.raises(InputError, match="there is a file of that name"):
        write_folder(file, FILES, replace=True)
    assert file.read_text("utf-8") == "precious"


def test_a_link_keeps_pointing_where_it_did(tmp_path):
    write_folder(tmp_path / "real", {"nodes.csv": "old\n"})
    (tmp_path / "link").symlink_to("real")
    write_folder(tmp_path / "link", FILES, replace=True)
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "real") == FILES


@pytest.mark.parametrize("step", range(7))
def test_a_fault_at_any_step_leaves_the_old_folder_whole(tmp_path, monkeypatch, step):
    target = tmp_path / "fleet"
    write_folder(target, {"nodes.csv": "old\n"})
    steps = iter(range(100))

    def failing(real):
        def call(*args, **kwargs):
            if next(steps) == step:
                raise OSError(28, "no space left on device")
            return real(*args, **kwargs)

        return call

    for name in ("mkdir", "open", "rename"):
        monkeypatch.setattr(Path, name, failing(getattr(Path, name)))
    with pytest.raises(OSError, match="no space left"):
        write_folder(target, FILES, replace=True)
    monkeypatch.undo()
    assert content(target) == {"nodes.csv": "old\n"}
    assert os.listdir(tmp_path) == ["fleet"]


def test_every_file_of_an_import_may_be_replaced():
    assert {"nodes.csv", "kubernetes.csv", "PROVENANCE.md", "states.csv"} <= room.OURS
