"""What a check found, alike for plans and for histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from placement.cli import output
from placement.cli.output import Format
from placement.cli.proofs import proof_table
from placement.plan.document import API_VERSION


def render_report(
    violations: Sequence[Mapping[str, str]],
    checked: Mapping[str, int],
    form: Format,
    *,
    proofs: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return violations (rule, subject, message), how bounds are proved, and what was looked at."""
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "Report",
        "ok": not violations,
        "checked": dict(checked),
        "violations": [dict(violation) for violation in violations],
        **({"certificate": [dict(row) for row in proofs]} if proofs else {}),
    }
    match form:
        case Format.TABLE:
            return _page(violations, checked) + proof_table(proofs)
        case Format.JSON:
            return output.as_json(document)
        case Format.YAML:
            return output.as_yaml(document)
        case Format.CSV:
            return output.as_csv(("rule", "subject", "message"), violations)


def _page(violations: Sequence[Mapping[str, str]], checked: Mapping[str, int]) -> str:
    counts = ", ".join(f"{count:,} {thing}" for thing, count in checked.items())
    if not violations:
        return f"verified: no rule is broken\nchecked: {counts}\n"
    count = len(violations)
    head = f"broken: {count} {'violation' if count == 1 else 'violations'}\n"
    lines = "".join("  {rule}: {subject}: {message}\n".format_map(one) for one in violations)
    return f"{head}{lines}checked: {counts}\n"
