"""Every code a finding about a catalog can have: one definition per code."""

from __future__ import annotations

from placement.errors import FindingCode


class Code(FindingCode):
    """Codes by subject.

    ``CT10x`` the file or its columns, ``CT11x`` one cell, ``CT12x`` a name that means nothing,
    ``CT13x`` cells that do not go together.
    """

    NO_FILE = ("CT101", "a file of the catalog is missing", "there is no such file")
    UNREADABLE = ("CT102", "a file cannot be read", "the file cannot be read: permission denied")
    NOT_UTF8 = ("CT103", "a file is not UTF-8 text", "byte 0xe4 is not UTF-8")
    NOT_CSV = ("CT104", "a file is empty, or its quotes do not match", "the file is empty")
    WIDTH = (
        "CT105",
        "a row has more or fewer fields than the header",
        "16 fields where the header has 15",
    )
    TOO_LONG = ("CT106", "a field is too long", "a field has 5000 characters, the limit is 4096")
    NO_COLUMN = ("CT107", "a column is missing", "the column `latitude` is missing")
    UNKNOWN_COLUMN = (
        "CT108",
        "a column does not belong in the file",
        "unknown column `zones` in nodes.csv",
    )
    COLUMN_TWICE = ("CT109", "two columns have one name", "the column `region` is there twice")
    EMPTY = ("CT111", "a cell that must be filled is empty", "the cell is empty")
    BAD_TEXT = ("CT112", "a name has a `/` or a character that cannot be seen", "`a/b` has a `/`")
    NOT_A_NUMBER = ("CT113", "a cell should be a decimal number", "`many` is not a number")
    NOT_FINITE = (
        "CT114",
        "a number is infinite or not a number at all",
        "`nan` is not a finite number",
    )
    TOO_SMALL = ("CT115", "a number is negative, or 0 where it must be above 0", "`-1` is negative")
    TOO_FINE = (
        "CT116",
        "a number has more decimals than the column keeps",
        "`1.5` is not a whole number",
    )
    TOO_LARGE = (
        "CT117",
        "a number is above what the column can hold",
        "`1e300` is too large, the limit is 1000000",
    )
    UNKNOWN_COUNTRY = ("CT121", "a country code or name means nothing", "unknown country `XX`")
    UNKNOWN_REGION = (
        "CT122",
        "provider and region are not in regions.csv",
        "unknown region `aws/us-eats-1`",
    )
    UNKNOWN_FLAVOR = (
        "CT123",
        "a flavor is not in gpus.csv or is no CPU flavor, or means several GPUs",
        "unknown GPU `T5`",
    )
    UNKNOWN_FLAVOR_TYPE = (
        "CT124",
        "a flavor type is neither gpu nor cpu",
        "unknown flavor type `gpus`",
    )
    UNKNOWN_STATE = (
        "CT125",
        "a state is none of ready, cordoned, draining, lost",
        "unknown state `gone`",
    )
    UNKNOWN_PARTITION = (
        "CT126",
        "a partition is none of commercial, government, china, sovereign",
        "unknown partition `public`",
    )
    UNKNOWN_NODE = (
        "CT127",
        "a reservation or a state is of a node that does not exist",
        "unknown node `g1/2`",
    )
    UNKNOWN_PLACE = (
        "CT128",
        "a name is no node, node group, zone, region, provider or country with nodes",
        "unknown node group `g9`",
    )
    AMBIGUOUS = (
        "CT129",
        "a name of nodes or places stands for several",
        "`west` stands for region `aws/west` and region `gcp/west`",
    )
    TWICE = ("CT130", "two rows have one key", "`g1` is there twice, first on line 2")
    BAD_FRACTION = (
        "CT131",
        "a gpu_fraction is not between 0 and 1",
        "gpu_fraction `7/6` is not between 1/1000 and 1",
    )
    GPU_COUNT = (
        "CT132",
        "gpu_count does not go with the flavor type or the gpu_fraction",
        "a gpu node cannot have 0 GPUs",
    )
    OVER_RESERVED = ("CT133", "more is reserved than the node has", "reserved 5, the node has 4")
    ALIAS_TWICE = ("CT134", "an alias means two things", "the alias `T4` already means `T4`")
    NOT_WRITABLE = (
        "CT135",
        "a catalog made in code has what no file of a catalog can say",
        "catalog `fleet` has what its files cannot say",
    )
    MORE = (
        "CT199",
        "a file has more findings than are shown",
        "2900 more findings in this file are not shown",
    )
