"""What SkyPilot's tables offer, as a catalog."""

from __future__ import annotations

from fractions import Fraction

import pytest

from placement.catalog.importers.imported import Reason
from placement.catalog.importers.skypilot import import_skypilot
from placement.catalog.load import load_catalog_texts
from placement.catalog.rows import NANO
from placement.errors import InputError

HEADER = (
    "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,"
    "Region,AvailabilityZone\n"
)
A100 = "\"{'Gpus': [{'Name': 'A100', 'Manufacturer': 'NVIDIA', 'Count': 8.0, 'MemoryInfo': {'SizeInMiB': 40960}}], 'TotalGpuMemoryInMiB': 327680}\""
AWS = f"""\
g4dn.xlarge,T4,1.0,4.0,16.0,,0.526,0.2,us-east-1,us-east-1a
p4d.24xlarge,A100,8.0,96.0,1152.0,{A100},32.77,,eu-west-1,eu-west-1c
g6f.large,L4,0.125,2.0,8.0,,0.2,,us-east-1,us-east-1a
m7g.xlarge,,,4.0,16.0,,0.16,,us-east-1,us-east-1a
m7i.xlarge,,,4.0,16.0,,0.2,,us-east-1,us-east-1a
"""
GCP = """\
,A100,1.0,,,"{'Gpus': [{'MemoryInfo': {'SizeInMiB': 40960}}]}",2.9,0.9,us-central1,us-central1-a
,T4,1.0,,,,0.35,0.1,us-central1,us-central1-a
,T4,2.0,,,,0.70,0.2,us-central1,us-central1-a
a2-highgpu-1g,,,12.0,85.0,,0.74,0.2,us-central1,us-central1-a
a2-highgpu-8g,,,96.0,680.0,,5.9,0.2,us-central1,us-central1-a
n1-standard-8,,,8.0,30.0,,0.38,0.1,us-central1,us-central1-a
"""


@pytest.fixture
def imported(tmp_path):
    """Import tables by cloud."""

    def run(*, header=HEADER, counts=None, **tables):
        count = tables.pop("count", 2)
        for cloud, rows in tables.items():
            (tmp_path / cloud).mkdir(exist_ok=True)
            (tmp_path / cloud / "vms.csv").write_text(header + rows, encoding="utf-8")
        options = {}
        if counts is not None:
            options["counts"] = tmp_path / "counts.csv"
            options["counts"].write_text(counts, encoding="utf-8")
        return import_skypilot(tmp_path, count=count, **options)

    return run


def by_type(result):
    return {group.instance_type: group for group in result.catalog.node_groups}


def test_an_offer_is_a_node_group(imported):
    result = imported(aws=AWS)
    groups = by_type(result)
    assert len(groups) == 5
    p4d = groups["p4d.24xlarge"]
    assert (p4d.region.key, p4d.zone, p4d.flavor, p4d.gpu_count) == (
        "aws/eu-west-1",
        "eu-west-1c",
        "A100-40GB",
        8,
    )
    assert (p4d.cpus, p4d.memory, p4d.price, p4d.count) == (96000, 1152000, round(32.77 * NANO), 2)
    assert (groups["m7g.xlarge"].flavor, groups["m7i.xlarge"].flavor) == ("arm64", "x86_64")
    assert load_catalog_texts(result.catalog.to_files()) == result.catalog


def test_a_part_of_a_gpu_is_a_fraction(imported):
    assert by_type(imported(aws=AWS))["g6f.large"].gpu_fraction == Fraction(1, 8)


def test_a_sixth_is_a_sixth_however_it_is_rounded(imported):
    for text in ("0.166667", "0.167", "0.17"):
        azure = f"Standard_NV6ads_A10_v5,A10,{text},6,55,,0.45,,eastus,eastus-1\n"
        (group,) = imported(azure=azure).catalog.node_groups
        assert group.gpu_fraction == Fraction(1, 6), text


def test_a_host_and_its_gpus_that_are_priced_apart_are_one_offer(imported):
    result = imported(gcp=GCP)
    groups = by_type(result)
    assert set(groups) == {"a2-highgpu-1g", "n1-standard-8", "n1-standard-8+1xT4", *()}
    assert groups["a2-highgpu-1g"].price == round(3.64 * NANO)
    assert groups["n1-standard-8+1xT4"].price == round(0.73 * NANO)
    assert (groups["n1-standard-8"].flavor, groups["n1-standard-8"].gpu_count) == ("x86_64", 0)
    told = {(one.name, one.reason) for one in result.left_out}
    assert told == {
        ("offer `a2-highgpu-8g` in `us-central1`", Reason.NO_PRICE),
        ("offer `2.0 T4` in `us-central1`", Reason.NO_HOST),
    }


LEFT_OUT = {
    "no price": ("m7i.xlarge,,,4,16,,,,us-east-1,us-east-1a", Reason.NO_PRICE, "it has no price"),
    "price 0": ("m7i.xlarge,,,4,16,,0.0,,us-east-1,us-east-1a", Reason.NO_PRICE, "it has no price"),
    "price as text": ("m7i.xlarge,,,4,16,,nan,,us-east-1,us-east-1a", Reason.NO_PRICE, "`nan` is not a finite number"),
    "unknown region": ("m7i.xlarge,,,4,16,,1,,us-mars-1,", Reason.UNKNOWN_REGION, "unknown region `aws/us-mars-1`"),
    "region of another cloud": ("m7i.xlarge,,,4,16,,1,,westeurope,", Reason.UNKNOWN_REGION, "unknown region `aws/westeurope`"),
    "no CPUs": ("x,T4,1,,16,,1,,us-east-1,", Reason.NO_SIZE, "vCPUs: the cell is empty"),
    "no memory": ("x,T4,1,4,,,1,,us-east-1,", Reason.NO_SIZE, "MemoryGiB: the cell is empty"),
    "one and a half": ("x,T4,1.5,4,8,,1,,us-east-1,", Reason.NO_SIZE, "1.5 GPUs"),
    "an unknown GPU": ("x,Q7,1,4,8,,1,,us-east-1,", Reason.UNKNOWN_GPU, "`Q7` means no one GPU"),
    "a family": ("x,A100,1,4,8,,1,,us-east-1,", Reason.UNKNOWN_GPU, "`A100` means no one GPU"),
    "hostile words": ("x,A100,1,4,8,__import__('os').abort(),1,,us-east-1,", Reason.UNKNOWN_GPU, "`A100` means no one GPU"),
}  # fmt: skip


@pytest.mark.parametrize("what", LEFT_OUT)
def test_a_row_that_is_left_out_is_told_with_its_line(imported, what):
    row, reason, detail = LEFT_OUT[what]
    result = imported(aws=AWS + row + "\n")
    (one,) = result.left_out
    assert (one.reason, one.detail) == (reason, detail)
    assert one.path.endswith("aws/vms.csv:7")
    (warning,) = result.warnings
    assert (warning.line, warning.code) == (7, "CT205")
    assert (result.read, result.summary()["taken"]) == (6, 5)


def test_of_the_same_offer_twice_the_dearer_holds(imported):
    twice = "g4dn.xlarge,T4,1,4,16,,0.6,,us-east-1,us-east-1a\ng4dn.xlarge,T4,1,4,16,,0.6,,us-east-1,us-east-1a\n"
    result = imported(aws=AWS + twice)
    assert by_type(result)["g4dn.xlarge"].price == round(0.6 * NANO)
    assert [one.detail for one in result.left_out] == [
        "it costs 0.526 USD/h, on line 7 0.6 USD/h",
        "it is the same as line 7",
    ]


def test_the_order_of_columns_and_further_ones_do_not_matter(imported):
    header = (
        "Region,Price,Extra,InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Arch\n"
    )
    (group,) = imported(
        header=header, aws="us-east-1,1,?,odd.large,,,2,4,arm64\n"
    ).catalog.node_groups
    assert (group.flavor, group.zone) == ("arm64", "us-east-1")


def test_counts_are_taken_from_the_row_with_most_conditions(imported):
    counts = "count,instance_type,region,flavor\n5,g4dn.xlarge,,\n0,m7g.xlarge,,\n3,,,A100-40GB\n"
    result = imported(aws=AWS, counts=counts, count=None)
    assert {kind: group.count for kind, group in by_type(result).items()} == {
        "g4dn.xlarge": 5,
        "p4d.24xlarge": 3,
    }
    assert {one.reason for one in result.left_out} == {Reason.NO_NODES}
    assert len(by_type(imported(aws=AWS, counts=counts, count=1))) == 4


@pytest.mark.parametrize(
    ("rows", "count", "message", "advice"),
    [
        ("", 2, "there are no offers in the tables", None),
        (AWS, 0, "none of the 5 offers can be taken", "with --count or --counts"),
        (AWS.splitlines()[0].replace("0.526", ""), 2, "none of the 1 offers", "it has no price"),
    ],
)
def test_without_any_node_there_is_no_catalog(imported, rows, count, message, advice):
    with pytest.raises(InputError) as caught:
        imported(aws=rows, count=count)
    (found,) = caught.value.diagnostics
    assert found.code == "CT209"
    assert message in found.message
    assert found.suggestion is None if advice is None else advice in found.suggestion


def test_warnings_come_in_the_order_of_the_table(imported):
    unpriced = AWS.splitlines()[3].replace("0.16", "")
    rows = "".join(f"{line}\n" for line in (*AWS.splitlines()[:1] * 2, unpriced))
    assert [found.line for found in imported(aws=rows).warnings] == [3, 4]


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(InputError, match="CT101"):
        import_skypilot(tmp_path, count=1)


def test_a_table_without_a_column_is_refused(imported):
    with pytest.raises(InputError, match="CT107 the column `Price` is missing"):
        imported(
            header="InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Region\n", aws=""
        )


def test_the_folder_of_one_cloud_will_do(imported, tmp_path):
    whole = imported(aws=AWS)
    assert import_skypilot(tmp_path / "aws", count=2).catalog == whole.catalog
