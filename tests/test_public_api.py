"""The public surface: small, sorted, lazy, and never named like a module."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import pytest

import placement


def test_names_are_sorted_and_unique() -> None:
    assert list(placement.__all__) == sorted(set(placement.__all__))


@pytest.mark.parametrize("name", placement.__all__)
def test_every_name_resolves_to_a_documented_thing(name: str) -> None:
    value = getattr(placement, name)
    assert not isinstance(value, ModuleType)
    assert value.__doc__


def test_no_public_name_is_a_module() -> None:
    modules = {module.name for module in pkgutil.iter_modules(placement.__path__)}
    assert not modules & set(placement.__all__)


def test_verify_stays_a_function_after_its_module_is_imported() -> None:
    importlib.import_module("placement.verifier")
    assert callable(placement.verify)


def test_the_version_is_text() -> None:
    assert placement.__version__[0].isdigit()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Plann'"):
        _ = placement.Plann


def test_dir_lists_the_surface() -> None:
    assert set(placement.__all__) <= set(dir(placement))
