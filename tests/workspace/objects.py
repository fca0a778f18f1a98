"""Objects of a workspace for property tests."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from placement.policies.base import Selector
from placement.policies.carbon import CarbonPolicy
from placement.policies.flavor import FlavorOption, FlavorPolicy
from placement.policies.location import LocationEntry, LocationPolicy
from placement.policies.max_token import MaxTokenPolicy, MaxTokens
from placement.policies.price import PricePolicy
from placement.policies.provider import ProviderPolicy
from placement.workspace.making import make_workspace
from placement.workspace.workspace import (
    Domain,
    Environment,
    FlavorEntry,
    ModelDeployment,
    Peers,
    PeerSelector,
    RequestOrigin,
    Resources,
    Rollout,
    Spread,
)


def built(kind, **strategies):
    return st.fixed_dictionaries(strategies).map(lambda fields: kind(**fields))


NAMES = st.sampled_from(
    [
        *(
            "NO",
            "yes",
            "012",
            "1.10",
            "null",
            "~",
            "a b",
            "ünï",
            "日本",
            "x: y",
            "# no",
            "- a",
            "{}",
        ),
        *("'", '"', "\\", "chat", "1e3", "true", "<<", "*a", "&a", "!t", "%", "@", "`", "😀"),
    ]
)
LABELS = st.dictionaries(NAMES, NAMES | st.just(""), max_size=2)
QUANTITIES = st.integers(0, 10**9).map(lambda n: Decimal(n) / 1000)
SELECTORS = LABELS.map(lambda labels: Selector(match_labels=labels))
PLACES = st.sampled_from(
    [
        LocationEntry(type="country", name="US"),
        LocationEntry(type="country", name="no"),
        LocationEntry(type="continent", name="Asia"),
        LocationEntry(type="bloc", name="EU"),
        LocationEntry(type="location", name="aws/us-east-1"),
    ]
)


def lists(elements, size=3):
    return st.lists(elements, max_size=size).map(tuple)


def policies(name):
    common = {
        "name": st.just(name),
        "selector": SELECTORS,
        "resource_types": st.sampled_from([(), ("model",), ("agent", "model")]),
        "enforcement": st.sampled_from(["hard", "observe"]),
    }
    gpu = built(FlavorOption, type=st.sampled_from(["cpu", "gpu"]), name=NAMES)
    some = st.lists(gpu, min_size=1, max_size=2).map(tuple)
    where = st.lists(PLACES, min_size=1, max_size=3).map(tuple)
    who = st.lists(NAMES, min_size=1, max_size=2).map(tuple)
    tokens = built(
        MaxTokens, granularity=st.sampled_from(["day", "hour"]), total=st.integers(0, 10**18 - 1)
    )
    prices = st.integers(0, 10**14).map(lambda n: Decimal(n) / 10**9)
    return st.one_of(
        built(LocationPolicy, locations=where, **common),
        built(FlavorPolicy, flavors=some, **common),
        built(ProviderPolicy, providers=who, **common),
        built(PricePolicy, max_price_per_gpu_hour=prices, **common),
        built(CarbonPolicy, max_carbon=QUANTITIES, **common),
        built(MaxTokenPolicy, max_tokens=tokens, **common),
    )


GPUS = (
    st.none()
    | st.integers(0, 16).map(Decimal)
    | st.integers(0, 1000).map(lambda n: Decimal(n) / 1000)
)
RESOURCES = built(
    Resources,
    gpus=GPUS,
    gpu_memory_gib=st.none() | QUANTITIES,
    cpus=QUANTITIES,
    memory_gib=QUANTITIES,
    extra=st.dictionaries(NAMES, QUANTITIES, max_size=2),
)
DOMAINS = st.sampled_from(Domain)
LIMITS = st.none() | st.integers(1, 9)
SPREADS = built(
    Spread,
    over=DOMAINS,
    max_per_domain=st.integers(1, 9),
    min_domains=LIMITS,
    max_skew=LIMITS,
)
PEERS = built(
    Peers,
    over=DOMAINS,
    selector=built(
        PeerSelector, match_labels=LABELS, environment=st.sampled_from([None, "production"])
    ),
)
ORIGINS = built(
    RequestOrigin,
    country=st.sampled_from(["DE", "Norway", "usa"]),
    weight=st.integers(1, 10**12).map(lambda n: Decimal(n) / 10**6),
)


@st.composite
def deployments(draw, name, environment, policy_names):
    replicas = draw(st.integers(0, 100_000))
    return ModelDeployment(
        name=name,
        environment=environment,
        labels=draw(LABELS),
        version=draw(NAMES),
        enabled=draw(st.booleans()),
        policies=draw(lists(st.sampled_from(policy_names))) if policy_names else (),
        flavors=draw(lists(built(FlavorEntry, type=st.sampled_from(["cpu", "gpu"]), name=NAMES))),
        replicas=replicas,
        min_replicas=draw(st.integers(0, replicas)),
        resources=draw(RESOURCES),
        priority=draw(st.integers(-(10**6), 10**6)),
        rollout=draw(st.sampled_from(Rollout)),
        spread=draw(lists(SPREADS, 2)),
        separate_from=draw(lists(PEERS, 2)),
        together_with=draw(lists(PEERS, 2)),
        request_origins=draw(lists(ORIGINS, 2)),
    )


@st.composite
def workspaces(draw):
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    attached = lists(st.sampled_from(names)) if names else st.just(())
    stages = [*draw(st.lists(NAMES, unique=True, max_size=2)), "production"]
    keys = draw(st.lists(st.tuples(NAMES, st.sampled_from(stages)), unique=True, max_size=3))
    return make_workspace(
        policies=[draw(policies(name)) for name in names],
        environments=[Environment(name=name, policies=draw(attached)) for name in stages],
        deployments=[draw(deployments(*key, names)) for key in keys],
    )
