"""Documents with exact numbers: on stdout in every form, plans in files as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placement.cli import output
from placement.cli.findings import unwritable
from placement.cli.output import Format
from placement.errors import InputError
from placement.plan.document import COLUMNS, assignment_row
from placement.plan.json_text import compact

if TYPE_CHECKING:
    from placement.plan.plan import Plan


def plain(document: Any) -> Any:
    """Return a document with its exact numbers as JSON and YAML write them."""
    return json.loads(compact(document))


def exact_text(document: Any, form: Format) -> str:
    """Return a document with exact numbers as YAML or, in all other forms, as JSON."""
    write = output.as_yaml if form is Format.YAML else output.as_json
    return write(plain(document))


def check_writable(path: Path | None) -> None:
    """Refuse, before any work is done, a file that could not be written after it."""
    if path is None:
        return
    if path.is_dir():
        raise InputError([unwritable(str(path), "it is a folder")])
    if not path.absolute().parent.is_dir():
        raise InputError([unwritable(str(path), "its folder does not exist")])


def write_plan(path: Path, plan: Plan) -> None:
    """Write the JSON document of a plan in one step."""
    output.write_file(path, _json(plan))


def plan_text(plan: Plan, form: Format) -> str:
    """Return a plan as a document; CSV has its assignments only.

    Raises
    ------
    ValueError
        If ``form`` is the table: what people read of a plan depends on what they asked.
    """
    match form:
        case Format.JSON:
            return _json(plan)
        case Format.YAML:
            return output.as_yaml(json.loads(plan.to_json()))
        case Format.CSV:
            return output.as_csv(COLUMNS, map(assignment_row, plan.assignments))
    raise ValueError(form)


def _json(plan: Plan) -> str:
    text = plan.to_json()
    return text if text.endswith("\n") else text + "\n"
