"""A policy allows something else, wherever it is attached; a new one is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import SerializeAsAny

from placement.catalog.text import quote
from placement.policies.base import Policy
from placement.simulation.edits.base import WishEdit
from placement.workspace.codes import Code
from placement.workspace.documents import Draft, build
from placement.workspace.transitions import put_policy
from placement.workspace.validation import refuse_others, wrong_type

if TYPE_CHECKING:
    from placement.workspace.findings import Findings
    from placement.workspace.nodes import Node
    from placement.workspace.refusal import Refusal
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace

FIELDS = {"type", "name", "spec"}
"""Of the edit in a file: ``name`` and ``spec`` are those of the policy's own document."""


class PutPolicy(WishEdit):
    """Puts ``policy`` in the place of the one of its name."""

    type: Literal["put-policy"] = "put-policy"
    policy: SerializeAsAny[Policy]

    def transition(self, workspace: Workspace) -> Transition | Refusal:
        """Return the change of the policy."""
        return put_policy(workspace, self.policy)

    def words(self) -> str:
        """Return ``policy us-only (location) allows US, CA``."""
        one = self.policy
        return f"policy {one.name} ({one.type}) allows {one.options()}"

    @classmethod
    def read(cls, node: Node, findings: Findings) -> Self | None:
        """Return the edit of ``{type: put-policy, name: ..., spec: {...}}``."""
        refuse_others(node, FIELDS, findings)
        spec = node.get("spec")
        if spec is None:
            findings.add(Code.MISSING_FIELD, f"field {quote('spec')} is missing", node)
            return None
        if not isinstance(spec.value, dict):
            wrong_type("spec", "a mapping", spec, findings)
            return None
        metadata = node.like({k: v for k, v in node.mapping.items() if k == "name"})
        policy = build(Draft("Policy", node, metadata, spec), findings).value
        return cls(policy=policy) if isinstance(policy, Policy) else None
