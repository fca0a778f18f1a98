"""Every change of a workspace as a pure function: what is asked before, what is asked after.

Each function takes a workspace and returns a ``Transition``, or a ``Refusal`` if the change makes
no sense or is not allowed. Nothing here asks whether the result can be placed. What runs
(``Workspace.running``) is carried over; only a placed and committed plan changes it.
"""

from __future__ import annotations

from placement.workspace.transitions.attachments import (
    attach,
    delete_policy,
    detach,
    put_policy,
)
from placement.workspace.transitions.deployments import delete, deploy, restore, set_enabled
from placement.workspace.transitions.difference import PolicyDifference, policy_difference
from placement.workspace.transitions.environments import delete_environment, put_environment
from placement.workspace.transitions.release import Keep, release
from placement.workspace.transitions.transition import Transition, TransitionKind, between
from placement.workspace.transitions.whole import replace_all, upsert

__all__ = [
    "Keep",
    "PolicyDifference",
    "Transition",
    "TransitionKind",
    "attach",
    "between",
    "delete",
    "delete_environment",
    "delete_policy",
    "deploy",
    "detach",
    "policy_difference",
    "put_environment",
    "put_policy",
    "release",
    "replace_all",
    "restore",
    "set_enabled",
    "upsert",
]
