"""Every code a finding about a stored plan can have."""

from __future__ import annotations

from placement.errors import FindingCode


class Code(FindingCode):
    """``PL5xx``: the document of a plan cannot be read, or cannot be what runs."""

    NOT_JSON = (
        "PL501",
        "a stored plan is not valid JSON",
        "not valid JSON: expecting value",
    )
    NOT_A_PLAN = (
        "PL502",
        "a stored plan does not have the shape of a plan",
        "`tiers` is missing",
    )
    NOT_RUNNING = (
        "PL503",
        "a row of a stored plan cannot be what runs today",
        "`assignments[0].replicas` must be at least 1, found -1",
    )
    NOT_THE_ANSWER = (
        "PL504",
        "a stored plan was edited, or is not for the catalog and the manifests it is used with",
        "the plan is not for catalog `fleet`",
    )
    NOT_EXPORTABLE = (
        "PL505",
        "a plan has what Kubernetes cannot do",
        "`chat@production`: Kubernetes cannot give 0.5 of a GPU of node `g1/0`",
    )
