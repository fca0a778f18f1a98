"""Files are written whole or not at all; streams survive their readers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from placement.cli.output import as_csv, as_json, as_yaml, write_whole


def test_new_file_follows_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_whole(tmp_path / "plan.json", "{}\n")
    finally:
        os.umask(old)
    assert (tmp_path / "plan.json").read_text() == "{}\n"
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o640


def test_existing_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old")
    file.chmod(0o600)
    write_whole(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600


def test_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_failure_leaves_the_old_content_and_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_whole(Path(os.devnull), "gone")
    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
def test_a_pipe_behind_a_name_is_written_to() -> None:
    script = (
        "from pathlib import Path; from placement.cli.output import write_whole; "
        "write_whole(Path('/dev/stdout'), 'through')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("through", "")


@pytest.mark.parametrize(
    ("closed", "out"), [("2>&-", "policies,environments,deployments\n5,3,6\n"), (">&-", "")]
)
def test_a_closed_stream_is_no_fault(closed: str, out: str) -> None:
    script = f"{sys.executable} -m placement validate examples/quickstart -o csv {closed}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, out, "")


def test_words_for_a_closed_stderr_do_not_reach_stdout() -> None:
    script = f"{sys.executable} -m placement plan -o csv 2>&-"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("model,environment,")


def test_documents_keep_their_order_and_their_words() -> None:
    document = {"country": "NO", "name": "Zürich", "gpu": None}
    assert as_json(document).splitlines()[1] == '  "country": "NO",'
    assert as_yaml(document) == "country: 'NO'\nname: Zürich\ngpu: null\n"
    assert as_csv(("country", "gpu"), [document]) == "country,gpu\nNO,\n"


def test_reader_that_leaves_is_no_fault() -> None:
    # The pipe is closed before the first byte, so the write must fail.
    script = f"{sys.executable} -m placement schema Policy -o json; echo code=$? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({script}) | true"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == "code=0"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_behind_stdout_is_named() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "placement", "schema", "Policy"],
            cwd=Path(__file__).parents[2],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "<stdout>:1:1: PL902 cannot write the file: no space left on device\n"
