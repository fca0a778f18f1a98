"""A small sound catalog folder, to be spoilt cell by cell."""

from __future__ import annotations

from pathlib import Path

import pytest

REGIONS = """\
provider,region,name,country,latitude,longitude,carbon_g_per_kwh,partition
aws,us-east-1,N. Virginia,US,38.9,-77.4,379.5,commercial
aws,ap-southeast-3,Jakarta,ID,-6.2,106.8,,
alibaba,ap-southeast-3,Kuala Lumpur,MY,3.1,101.7,600,
azure,westeurope,Netherlands,NL,52.4,4.9,300.0005,
edge,windhoek,Windhoek,NA,-22.6,17.1,50,
"""
GPUS = """\
gpu,vendor,memory_gib,architecture,aliases,tdp_w,family
T4,nvidia,16,Turing,,70,
T4G,nvidia,16,Turing,,70,
A100-40GB,nvidia,40,Ampere,big,400,A100
A100-80GB,nvidia,80,Ampere,,400,A100
A10,nvidia,24,Ampere,,,
"""
NODES = """\
node_group,provider,region,zone,instance_type,flavor_type,flavor,gpu_count,cpus,memory_gib,price_per_hour,count,gpu_fraction,state,x_nic
g1,aws,us-east-1,us-east-1a,g4dn,gpu,T4,4,48,192,3.912,2,,,2
g2,aws,us-east-1,,p4de,gpu,A100-80GB,8,96,1152,40.96,1,,cordoned,0
g3,azure,westeurope,1,nv6,gpu,A10,1,5.9999,55,0.454,3,1/6,,0
c1,edge,windhoek,,small,cpu,amd64,0,4,16,0.000000001,1,,,0
"""
RESERVED = """\
node,gpus,cpus,memory_gib
g1/1,2.5,1,0.0001
"""
STATES = """\
node,state
g3/1,lost
g1/0,cordoned
g3/2,draining
"""
LATENCY = """\
from_provider,from_region,to_provider,to_region,rtt_ms
aws,us-east-1,azure,westeurope,80
azure,westeurope,aws,us-east-1,81.5
alibaba,ap-southeast-3,azure,westeurope,170
"""


class Folder:
    """A catalog folder whose files a test may change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        texts = {
            "regions": REGIONS,
            "gpus": GPUS,
            "nodes": NODES,
            "reserved": RESERVED,
            "states": STATES,
            "latency": LATENCY,
        }
        for name, text in texts.items():
            self.file(name).write_text(text, encoding="utf-8", newline="")

    def file(self, name: str) -> Path:
        return self.path / f"{name}.csv"

    def text(self, name: str) -> str:
        return self.file(name).read_bytes().decode()

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.text(name)
        assert old in text
        self.file(name).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "fleet"
    path.mkdir()
    return Folder(path)
