"""Reading manifests loads no table, number or solver library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("highspy", "networkx", "numpy", "ortools", "pandas", "rich", "sqlalchemy", "typer")

CODE = f"""
import sys
import placement.workspace.schema, placement.workspace.names_check
from placement.workspace import load_workspace, make_workspace
assert load_workspace("examples/quickstart").digest
make_workspace()
placement.workspace.schema.schema("Policy")
print(*[name for name in {HEAVY} if name in sys.modules])
"""


def test_reading_manifests_is_light():
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
