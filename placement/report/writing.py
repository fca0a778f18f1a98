"""Writes a report to a file; its name says in which form."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from placement.report.subject import Subject, subject_of

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.workspace.workspace import Workspace


class Form(StrEnum):
    """What a report is, by the end of its file's name."""

    HTML = ".html"
    PNG = ".png"
    MARKDOWN = ".md"


def form_of(path: Path) -> Form:
    """Return the form that the end of a file name asks for; ValueError if it asks for none."""
    ending = path.suffix.lower()
    if ending not in set(Form):
        raise ValueError(f"`{path.name}` must end in {', '.join(Form)}")
    return Form(ending)


def content_of(subject: Subject, form: Form) -> bytes:
    """Return the bytes of a report; texts are UTF-8."""
    match form:
        case Form.HTML:
            from placement.report.page import page

            return page(subject).encode()
        case Form.MARKDOWN:
            from placement.report.markdown import markdown

            return markdown(subject).encode()
        case Form.PNG:
            from placement.report.picture import picture

            return picture(subject)


def write_report(
    plan: Plan,
    path: str | Path,
    *,
    catalog: Catalog,
    workspace: Workspace,
    before: Workspace | None = None,
    commands: Sequence[str] = (),
) -> None:
    """Judge a plan and write a report of it.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        Of the file, ``.html``, ``.png`` or ``.md``; one that is there is overwritten.
    catalog : Catalog
        What the plan was made for.
    workspace : Workspace
        What the plan answers, with what runs today; of a preview, ``preview.workspace`` with the
        rows that ran before.
    before : Workspace, optional
        What the plan's change starts from, with what runs there.
    commands : sequence of str
        What the report tells to make and judge the plan again.

    Raises
    ------
    ValueError
        If the name of the file ends otherwise.
    OSError
        If the file cannot be written.
    """
    target = Path(path)
    form = form_of(target)
    subject = subject_of(plan, catalog, workspace, before=before, commands=commands)
    target.write_bytes(content_of(subject, form))
