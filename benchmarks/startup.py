"""Time what people wait for before anything is solved: ``--help`` and ``validate``.

Run ``python benchmarks/startup.py``. Prints the best of some runs, in seconds: what a
machine with nothing else to do takes. Exits with 1 if one is above its limit.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7
POLICIES = 100
LIMITS = {"--help": 0.3, "validate": 0.6}
"""Seconds that each command may take."""

ROOT = Path(__file__).resolve().parents[1]


def policies(count: int) -> str:
    """Return manifests of that many policies, all attached to one environment."""
    documents = [
        "apiVersion: placement/v1\nkind: Policy\n"
        f"metadata: {{name: policy-{index}}}\n"
        "spec: {type: location, locations: [{type: country, name: US}]}\n"
        for index in range(count)
    ]
    names = ", ".join(f"policy-{index}" for index in range(count))
    documents.append(
        "apiVersion: placement/v1\nkind: Environment\n"
        f"metadata: {{name: production}}\nspec: {{policies: [{names}]}}\n"
    )
    return "---\n".join(documents)


def seconds(*args: str) -> float:
    """Return the best wall time of a command in a fresh interpreter."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "placement", *args], cwd=ROOT, check=True, capture_output=True
        )
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    """Measure both commands and compare with the limits."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "policies.yaml"
        manifest.write_text(policies(POLICIES), encoding="utf-8")
        measured = {"--help": seconds("--help"), "validate": seconds("validate", str(manifest))}
    for command, value in measured.items():
        print(f"{command:10} {value:.3f} s (limit {LIMITS[command]:.1f} s)")
    return int(any(value > LIMITS[command] for command, value in measured.items()))


if __name__ == "__main__":
    sys.exit(main())
