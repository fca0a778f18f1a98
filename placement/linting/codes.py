"""Every code a lint finding can have: one definition per code."""

from __future__ import annotations

from placement.errors import FindingCode


class Code(FindingCode):
    """Codes by subject.

    ``PL80x`` policies and environments, ``PL82x`` a deployment and where it may run, ``PL83x`` its
    capacity, ``PL84x`` its rules about others.
    """

    CONTRADICTORY = (
        "PL801",
        "policies that bind a deployment leave no node group together",
        "no node group satisfies `eu-only` of environment `production` and `us-only` of "
        "deployment `chat`",
    )
    GPU_NOT_THERE = (
        "PL802",
        "the allowed hardware exists, the allowed places exist, and never together",
        "no node group has `h200-only` in `africa`",
    )
    ALLOWS_NOTHING = (
        "PL803",
        "a policy allows no node group of the catalog",
        "policy `antarctica` allows none of the 3,038 node groups",
    )
    ALLOWS_EVERYTHING = (
        "PL804",
        "a policy allows every node group of the catalog, so that it restricts nothing",
        "policy `any-cloud` allows all 3,038 node groups",
    )
    REDUNDANT = (
        "PL805",
        "a policy allows nothing that others of its type at the same place do not allow",
        "policy `us-only` adds nothing to `north-america`",
    )
    WIDENS = (
        "PL806",
        "a further policy of one type widens what a place allows",
        "`asia` widens environment `production` from 3 to 16 countries",
    )
    HIDDEN = (
        "PL807",
        "the policies of one type on an environment refuse nothing that its others do not refuse",
        "`aws-only` refuses nothing that the other policies of environment `production` allow",
    )
    SHADOWED = (
        "PL808",
        "policies on a deployment refuse nothing that its environment allows",
        "`us-or-asia` on `chat@production` refuses nothing that its environment allows",
    )
    UNMATCHED_TARGET = (
        "PL809",
        "a policy is attached, and its target includes none of the deployments there",
        "policy `fraud-eu` includes no deployment where it is attached",
    )
    UNATTACHED = (
        "PL810",
        "a policy is attached nowhere",
        "policy `t4-only` is attached nowhere",
    )
    SAME_POLICY = (
        "PL811",
        "two policies are equal but for their names",
        "policy `usa` says the same as `us-only`",
    )
    OBSERVED_REFUSES_ALL = (
        "PL812",
        "an observed policy would leave a deployment no node group",
        "`low-carbon`, if it were hard, would leave `chat@production` no node group",
    )
    UNKNOWN_CARBON = (
        "PL813",
        "a carbon policy refuses regions whose grid intensity is unknown",
        "policy `low-carbon` refuses 12 regions because their intensity is unknown",
    )
    UNRESTRICTED = (
        "PL814",
        "no policy binds a deployment in production",
        "no policy binds `chat@production`, all 3,038 node groups are allowed",
    )
    EMPTY_ENVIRONMENT = (
        "PL815",
        "an environment is declared, and nothing is deployed there",
        "environment `staging` has no deployment",
    )
    FLAVORS_OUTSIDE = (
        "PL821",
        "no flavor that a deployment lists is on a node group that it may use",
        "no node group satisfies `flavors` and `t4-only` of environment `production`",
    )
    FLAVOR_UNUSED = (
        "PL822",
        "one of the flavors that a deployment lists is on no node group that policies allow",
        "flavor `H100` is on no node group that the policies of `chat@production` allow",
    )
    TOO_LARGE = (
        "PL823",
        "a replica fits on no node that a deployment may use",
        "a replica of `chat@production` fits no node: it needs 16 GPUs, at most 8 are on one",
    )
    GPU_MEMORY_IGNORED = (
        "PL824",
        "a deployment asks for GPU memory and uses no GPU",
        "`gpuMemoryGiB` of `moderation@production` is ignored: a replica uses no GPU",
    )
    NOTHING_READY = (
        "PL831",
        "every node that a deployment may use is cordoned, draining, lost, or not there",
        "none of the 4 nodes that `chat@production` may use takes new replicas",
    )
    TOO_FEW_PLACES = (
        "PL832",
        "not even `minReplicas` replicas fit on the empty nodes that a deployment may use",
        "`minReplicas` of `chat@production` is 8, and at most 6 replicas fit if it is alone",
    )
    SHORT = (
        "PL833",
        "fewer replicas than wanted fit on the empty nodes that a deployment may use",
        "`replicas` of `chat@production` is 8, and at most 6 replicas fit if it is alone",
    )
    TOO_FEW_DOMAINS = (
        "PL834",
        "`minDomains` asks for more domains than a deployment may use",
        "`chat@production` wants 3 regions, and may use 2",
    )
    TOGETHER_WITH_NOTHING = (
        "PL841",
        "`togetherWith` selects no deployment, so that nothing can ever be placed",
        "`togetherWith` of `cache@production` selects no other deployment",
    )
    APART_FROM_NOTHING = (
        "PL842",
        "`separateFrom` selects no deployment, so that it has no effect",
        "`separateFrom` of `chat@production` selects no other deployment",
    )
    TOGETHER_AND_APART = (
        "PL843",
        "a deployment has to be with the deployments that it has to be apart from",
        "`cache@production` has to be with `chat@production` in one zone, and apart from it",
    )
    NEVER_TOGETHER = (
        "PL844",
        "a deployment has to be with others that may use none of its domains",
        "`cache@production` and `chat@production` may use no region in common",
    )
