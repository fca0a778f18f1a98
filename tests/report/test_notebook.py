"""The notebook in ``examples`` runs, and what is stored in it is what it prints.

``python tests/report/test_notebook.py`` runs it and stores what it prints now.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "quickstart.ipynb"
MOST_BYTES = 300_000


def run(text: str) -> Any:
    """Return the notebook of a text as it looks after it was run in the root of the clone.

    What is shown as HTML or as a picture is not kept as text too: that tells seconds and places.
    """
    book = nbformat.reads(text, as_version=4)
    client = NotebookClient(
        book, timeout=120, kernel_name="python3", record_timing=False, coalesce_streams=True
    )
    client.execute(cwd=str(ROOT))
    for output in (output for cell in book.cells for output in cell.get("outputs", ())):
        if len(output.get("data", ())) > 1:
            output.data.pop("text/plain", None)
    return book


def told(book: Any) -> list[list[object]]:
    """Return what each cell shows: text, tables and streams as they are, of a picture only that."""
    return [
        [_output(output) for output in cell.outputs] for cell in book.cells if "outputs" in cell
    ]


def _output(output: Any) -> object:
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return (output.ename, output.evalue)
    data = dict(output.data)
    return "image/png" if "image/png" in data else data


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_the_notebook_shows_what_it_prints() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    stored = told(nbformat.reads(text, as_version=4))
    assert told(run(text)) == stored
    assert "image/png" in str(stored)
    assert sum(map(bool, stored)) >= 6


def test_the_notebook_is_small_and_valid() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    nbformat.validate(nbformat.reads(text, as_version=4))


if __name__ == "__main__":
    book = run(NOTEBOOK.read_text(encoding="utf-8"))
    for number, cell in enumerate(cell for cell in book.cells if cell.cell_type == "code"):
        cell.execution_count = number + 1
        cell.metadata = {}
    book.metadata.language_info = {"name": "python"}
    nbformat.write(book, NOTEBOOK)
