"""A stored plan is verified where neither the solver nor any array library can be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.verifier.story import PLAN

ROOT = Path(__file__).parents[2]
BLOCKED = ("numpy", "pandas", "ortools", "networkx", "placement.problem", "placement.solvers")
CODE = f"""
import sys
for name in {BLOCKED!r}:
    sys.modules[name] = None  # any import of it raises ImportError
from pathlib import Path
from placement.plan.plan import Plan
from placement.verifier import verify
from tests.verifier.story import CATALOG, SPACE
text = Path(sys.argv[1]).read_text()
report = verify(CATALOG, SPACE, Plan.from_json(text))
edited = Plan.from_json(text.replace('"node":"east/0"', '"node":"east/2"'))
print(report.ok, sorted({{v.rule for v in verify(CATALOG, SPACE, edited).violations}}))
"""


def test_a_stored_plan_is_judged_with_names_alone(tmp_path: Path) -> None:
    stored = tmp_path / "plan.json"
    stored.write_text(PLAN.to_json())
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(stored)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "True ['changes', 'digest', 'tiers']\n"
