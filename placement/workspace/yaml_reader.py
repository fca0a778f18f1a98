"""YAML text into trees of nodes: one pass over the parser's events, never recursive.

Reading events instead of composing keeps hostile files harmless: nothing is expanded, no
depth can exhaust the stack, and reading stops at the first limit.
"""

from __future__ import annotations

import yaml

from placement.catalog.text import quote
from placement.errors import InternalFaultError
from placement.workspace.building import StopReading, TreeBuilder
from placement.workspace.codes import Code
from placement.workspace.findings import Findings
from placement.workspace.nodes import Node
from placement.workspace.scalars import NumberError, resolve

_STANDARD = "tag:yaml.org,2002:"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str, findings: Findings) -> list[Node]:
    """Return the documents of a YAML text; what is wrong goes into ``findings``.

    Documents before a syntax error are returned.
    """
    builder = TreeBuilder(findings)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            _take(event, builder)
    except StopReading:
        pass
    except yaml.MarkedYAMLError as error:
        _syntax_error(error, findings)
    except yaml.YAMLError as error:
        findings.add(Code.SYNTAX, f"not valid YAML: {str(error).splitlines()[0]}")
    return builder.documents


def _syntax_error(error: yaml.MarkedYAMLError, findings: Findings) -> None:
    mark = error.problem_mark or error.context_mark
    node = Node(None, mark.line + 1, mark.column + 1) if mark else None
    message = (error.problem or "not valid YAML").replace("'", "`")
    context = f", {error.context}" if error.context else ""
    is_tab = findings.source.at(node.line, node.column) == "\t" if node else False
    advice = "indent with spaces, not with tabs" if is_tab else None
    findings.add(Code.SYNTAX, f"{message}{context}", node, suggestion=advice)


def _take(event: yaml.Event, builder: TreeBuilder) -> None:
    match event:
        case yaml.AliasEvent():
            _refuse(event, f"alias {quote(f'*{event.anchor}')}", builder)
        case yaml.ScalarEvent():
            _check(event, builder)
            builder.scalar(_scalar(event, builder))
        case yaml.CollectionStartEvent():
            _check(event, builder)
            node = _at(event)
            node.end = None
            node.value = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            builder.begin(node)
        case yaml.CollectionEndEvent():
            node = _at(event)
            has_bracket = node.end != node.column
            builder.end(node.line, node.end if has_bracket else None)
        case _:
            return


def _refuse(event: yaml.Event, what: str, builder: TreeBuilder) -> None:
    message = f"{what} is not allowed"
    builder.stop(Code.YAML_FEATURE, message, _at(event), "write the value out in full")


def _check(event: yaml.ScalarEvent | yaml.CollectionStartEvent, builder: TreeBuilder) -> None:
    if event.anchor is not None:
        _refuse(event, f"anchor {quote(f'&{event.anchor}')}", builder)
    if event.tag is not None:
        _refuse(event, f"tag {quote(event.tag.replace(_STANDARD, '!!'))}", builder)


def _scalar(event: yaml.ScalarEvent, builder: TreeBuilder) -> Node:
    node = _at(event)
    node.text = node.value = event.value
    unquoted = event.implicit[0]
    if unquoted and event.value == "<<" and builder.wants_key:
        _refuse(event, "merge key `<<`", builder)
    if unquoted:
        try:
            node.value = resolve(event.value)
        except NumberError as error:
            builder.bad_number(node, error)
    return node


def _at(event: yaml.Event) -> Node:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        raise InternalFaultError("the YAML parser gave no position")
    column = end.column + 1 if end.line == start.line else None
    return Node(None, start.line + 1, start.column + 1, column)
