"""A small fleet and a small workspace on disk, and the command line in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.store.conftest import server, url

__all__ = ["server", "url"]

REGIONS = """\
provider,region,name,country,latitude,longitude,carbon_g_per_kwh
aws,us-east-1,N. Virginia,US,38.9,-77.4,380
aws,eu-west-1,Ireland,IE,53.3,-6.3,290
"""
GPUS = """\
gpu,vendor,memory_gib,architecture,aliases
A100-80GB,NVIDIA,80,Ampere,
T4,NVIDIA,16,Turing,
"""
NODES = """\
node_group,provider,region,zone,instance_type,flavor_type,flavor,gpu_count,cpus,memory_gib,price_per_hour,count
us-t4,aws,us-east-1,us-east-1a,g4dn.xlarge,gpu,T4,1,4,16,0.526,2
eu-t4,aws,eu-west-1,eu-west-1a,g4dn.xlarge,gpu,T4,1,4,16,0.587,2
us-a100,aws,us-east-1,us-east-1b,p4de.24xlarge,gpu,A100-80GB,8,96,1152,27.45,1
us-cpu,aws,us-east-1,us-east-1a,m7i.xlarge,cpu,x86_64,0,4,16,0.2016,3
"""
MANIFESTS = """\
apiVersion: placement/v1
kind: Policy
metadata: {name: us-only}
spec: {type: location, locations: [{type: country, name: US}]}
---
apiVersion: placement/v1
kind: Policy
metadata: {name: t4-only}
spec: {type: flavor, flavors: [{type: gpu, name: T4}]}
---
apiVersion: placement/v1
kind: Environment
metadata: {name: development}
spec: {policies: [us-only, t4-only]}
---
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat, environment: development}
spec: {version: B, replicas: 2, resources: {gpus: 1, cpus: 2, memoryGiB: 8}}
"""


LIFE = """\
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat, environment: production}
spec: {version: A}
---
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat, environment: development}
spec: {version: B}
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def placement(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process and return its code and both streams."""
    from placement.cli.main import main

    def call(*args: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["placement", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Result(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    folder.mkdir()
    for name, text in (("regions", REGIONS), ("gpus", GPUS), ("nodes", NODES)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    file = tmp_path / "work.yaml"
    file.write_text(MANIFESTS, encoding="utf-8")
    return file


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The policies and environments of the manifests, without their deployment."""
    file = tmp_path / "rules.yaml"
    file.write_text(MANIFESTS.rpartition("---")[0], encoding="utf-8")
    return file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own to work in; its store is in the default place."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PLACEMENT_STORE", raising=False)
    return folder


@pytest.fixture
def life(placement: Command, home: Path, fleet: Path) -> Path:
    """A store in which A of a model runs in production and B in development."""
    file = home / "life.yaml"
    file.write_text(LIFE, encoding="utf-8")
    done = placement("apply", file, "--catalog", fleet, "--yes")
    assert done.code == 0, done.err
    return home


@pytest.fixture
def stub_planner(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., object]], None]:
    """Put a function in the place of ``Planner.plan``."""

    def install(answer: Callable[..., object]) -> None:
        class Planner:
            def __init__(self, catalog: object) -> None:
                self.catalog = catalog

            def plan(self, workspace: object, **options: object) -> object:
                return answer(workspace, **options)

            def transact(self, transition: object, **options: object) -> object:
                return answer(transition, **options)

        monkeypatch.setitem(sys.modules, "placement.planner", SimpleNamespace(Planner=Planner))

    return install
