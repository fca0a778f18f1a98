"""Every code a finding about something that is imported can have."""

from __future__ import annotations

from placement.errors import FindingCode


class Code(FindingCode):
    """``CT2xx``: what another system says of a fleet, and what its import still lacks."""

    SYNTAX = (
        "CT201",
        "what is imported is neither JSON nor YAML",
        "not valid JSON: expecting `,` delimiter",
    )
    NOT_A_LIST = (
        "CT202",
        "what is imported is not a list of the objects that are wanted",
        "kind `Pod` where a list of nodes is wanted",
    )
    FIELD = (
        "CT203",
        "a field of an imported object is missing or has the wrong type",
        "`status.allocatable` is missing",
    )
    QUANTITY = (
        "CT204",
        "a quantity is none that Kubernetes writes, or is out of range",
        "`4 cores` is not a quantity",
    )
    LEFT_OUT = (
        "CT205",
        "a warning: a node or an offer is left out, and why",
        "node `cp-1` is left out: taint `node-role.kubernetes.io/control-plane:NoSchedule`",
    )
    TAKEN_OTHERWISE = (
        "CT206",
        "a warning: something is taken otherwise than it is stated",
        "node `gpu-1` shares its GPUs: 32 time slices are taken as 8 GPUs",
    )
    UNKNOWN_PRICE = (
        "CT207",
        "no price is known",
        "no price of instance type `p5.48xlarge` in `aws/eu-west-1` (12 nodes)",
    )
    UNKNOWN_PLACE = (
        "CT208",
        "it is not known where nodes are",
        "unknown region `aws/us-eats-1` (3 nodes)",
    )
    NOTHING = (
        "CT209",
        "nothing is left to import",
        "none of the 3 nodes can be taken",
    )
    IN_THE_WAY = (
        "CT210",
        "a folder cannot be written because of what is there",
        "there is a folder already",
    )
    SAME_RANK = (
        "CT211",
        "two rows of a table of prices or counts fit equally well",
        "this row and line 3 both give the price of `p5.48xlarge` in `aws/eu-west-1`",
    )
    TWICE = (
        "CT212",
        "two imported objects have one name",
        "node `gpu-1` is there twice, first as `items[0]`",
    )
