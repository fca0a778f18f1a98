"""Every type in the registry has all that a policy type must have."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from placement.policies.base import Policy, ResourceKind
from placement.policies.registry import POLICY_TYPES, TYPE_ALIASES
from tests.policies.generators import GENERATORS
from tests.policies.halves import disagreements, random_cases

ROOT = Path(__file__).resolve().parents[2]
CASES = 400

each_type = pytest.mark.parametrize("type_name", POLICY_TYPES)
each_placing_type = pytest.mark.parametrize(
    "type_name", [name for name, policy_type in POLICY_TYPES.items() if policy_type.places]
)


def _module(type_name: str) -> Any:
    return importlib.import_module(POLICY_TYPES[type_name].__module__)


def _stem(type_name: str) -> str:
    return POLICY_TYPES[type_name].__module__.rpartition(".")[2]


def test_registry_is_sorted() -> None:
    assert list(POLICY_TYPES) == sorted(POLICY_TYPES)


def test_every_policy_file_is_registered() -> None:
    files = {path.stem for path in (ROOT / "placement/policies").glob("*.py")}
    assert files == {_stem(name) for name in POLICY_TYPES} | {"__init__", "base", "registry"}


def test_aliases_lead_to_types_and_hide_none() -> None:
    assert dict(TYPE_ALIASES) == {"gpu": "flavor"}
    assert set(TYPE_ALIASES.values()) <= set(POLICY_TYPES)
    assert not set(TYPE_ALIASES) & set(POLICY_TYPES)


@each_type
def test_type_word_is_the_registry_key(type_name: str) -> None:
    field = POLICY_TYPES[type_name].model_fields["type"]
    assert field.default == type_name
    assert get_args(field.annotation) == (type_name,)


@each_type
def test_first_line_is_a_sentence_a_customer_could_sign(type_name: str) -> None:
    first = (_module(type_name).__doc__ or "").splitlines()[0]
    assert first.startswith(("A ", "An "))
    assert first.endswith(".")
    assert 40 <= len(first) <= 110
    assert not set(first) & set("`_{}()"), "plain words, no code"


@each_type
def test_has_test_file_page_and_generator(type_name: str) -> None:
    assert (ROOT / f"tests/policies/test_{_stem(type_name)}.py").is_file()
    assert (ROOT / f"docs/policies/{_stem(type_name)}.md").is_file()
    assert type_name in GENERATORS


@each_type
def test_says_what_it_allows(type_name: str) -> None:
    for policy, _ in random_cases(type_name, count=20):
        assert policy.options()


@each_type
def test_meaning_holds_the_type_and_no_name_or_target(type_name: str) -> None:
    """Masks are shared under it, so types must never be mixed up."""
    for policy, _ in random_cases(type_name, count=20):
        aimed = policy.model_copy(update={"name": "other", "resource_types": (ResourceKind.JOB,)})
        assert json.loads(policy.meaning)["type"] == type_name
        assert type(policy).model_validate(aimed.model_dump()).meaning == policy.meaning


@each_type
def test_references_lead_to_the_names(type_name: str) -> None:
    for policy, _ in random_cases(type_name, count=20):
        for reference in policy.references():
            found: Any = policy.model_dump(by_alias=True)
            for step in reference.path:
                found = found[step]
            assert found == reference.text


@each_type
def test_document_round_trip(type_name: str) -> None:
    for policy, _ in random_cases(type_name, count=20):
        document = policy.model_dump(mode="json", by_alias=True)
        assert type(policy).model_validate(document) == policy


@each_type
def test_halves_agree(type_name: str) -> None:
    assert disagreements(POLICY_TYPES[type_name], type_name, count=CASES) == 0


def test_halves_are_compared_often_enough() -> None:
    policies = sum(1 for name in POLICY_TYPES for _ in random_cases(name, count=CASES))
    groups = sum(
        len(catalog.node_groups)
        for name in POLICY_TYPES
        for _, catalog in random_cases(name, count=CASES)
    )
    assert policies >= 2_000
    assert groups >= 20_000


@each_placing_type
def test_random_policies_both_allow_and_refuse(type_name: str) -> None:
    """Agreement on nothing but all or nothing would prove little."""
    shares = [
        policy.compile(catalog.table).mean()
        for policy, catalog in random_cases(type_name, count=CASES)
    ]
    assert sum(0 < share < 1 for share in shares) > CASES / 4


def _mutants(policy_type: type[Policy]) -> dict[str, type[Policy]]:
    def compile_all(self: Policy, table: Any) -> Any:
        return np.ones(len(table), bool)

    def compile_inverted(self: Policy, table: Any) -> Any:
        return ~policy_type.compile(self, table)

    def check_all(self: Policy, group: Any, catalog: Any) -> bool:
        return True

    def check_inverted(self: Policy, group: Any, catalog: Any) -> bool:
        return not policy_type.check(self, group, catalog)

    bodies: dict[str, dict[str, Any]] = {
        "compile inverted": {"compile": compile_inverted},
        "check inverted": {"check": check_inverted},
    }
    if policy_type.places:  # a type that never restricts allows everything by definition
        bodies["compile allows all"] = {"compile": compile_all}
        bodies["check allows all"] = {"check": check_all}
    return {
        name: type(policy_type.__name__, (policy_type,), body | {"__module__": __name__})
        for name, body in bodies.items()
    }


@each_type
def test_mutants_of_each_half_are_caught(type_name: str) -> None:
    for name, mutant in _mutants(POLICY_TYPES[type_name]).items():
        assert disagreements(mutant, type_name, count=40) > 0, name
