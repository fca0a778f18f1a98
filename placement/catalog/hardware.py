"""What a hardware name means: GPU names, aliases and families, and the two CPU flavors.

A name resolves within the GPUs of one catalog only, in this order: its own name, an alias
the catalog declares, a built-in alias, a family. A family name (``A100``) means every
member the catalog has; ``T4`` is exactly the T4 and never the T4G.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from placement.catalog.geography import data_rows, fold

CPU_FLAVORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"arm64": ("aarch64", "arm"), "x86_64": ("x86", "x64", "amd64")}
)
"""CPU flavors and their aliases."""

GpuEntry = tuple[str, tuple[str, ...], str | None]
"""(name, declared aliases, declared family) of one GPU of a catalog."""


def hardware_key(text: str) -> str:
    """Return the form in which hardware names are compared: ``Tesla T4`` is ``tesla-t4``."""
    return fold(text).replace(" ", "-").replace("_", "-")


def find_cpu(text: str) -> str | None:
    """Return the CPU flavor (``x86_64`` or ``arm64``) that a name or alias means, or None."""
    return _cpu_index().get(hardware_key(text))


def gpu_index(gpus: Iterable[GpuEntry]) -> Mapping[str, tuple[str, ...]]:
    """Return what every known GPU text means among the given GPUs.

    Parameters
    ----------
    gpus : iterable of (name, aliases, family)
        The GPUs of one catalog.

    Returns
    -------
    mapping of str to tuple of str
        From ``hardware_key`` of a name, alias or family to sorted GPU names.
    """
    entries = sorted(gpus)
    index: dict[str, tuple[str, ...]] = {hardware_key(name): (name,) for name, _, _ in entries}
    for name, aliases, _ in entries:
        for alias in aliases:
            index.setdefault(hardware_key(alias), (name,))
    for name in sorted((name for name, _, _ in entries), key=_is_nickname):
        for alias in _aliases().get(standard_name(name), ()):
            index.setdefault(hardware_key(alias), (name,))
    for family, members in _families_of(entries).items():
        index.setdefault(family, tuple(sorted(members)))
    return MappingProxyType(index)


def standard_name(name: str) -> str:
    """Return the built-in name of a GPU (``Tesla-T4`` is ``T4``), or the name itself."""
    return _standard_names().get(hardware_key(name), name)


def _families_of(entries: list[GpuEntry]) -> Mapping[str, set[str]]:
    members: defaultdict[str, set[str]] = defaultdict(set)
    for name, _, family in entries:
        for text in (family, _families().get(standard_name(name))):
            if text:
                members[hardware_key(text)].add(name)
    return members


def _is_nickname(name: str) -> tuple[bool, str]:
    """Sort GPUs that carry their built-in name ahead of those that carry an alias of it."""
    return standard_name(name) != name, name


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    rows = data_rows("gpu_names.csv")
    return tuple((row["gpu"], row["kind"], row["name"]) for row in rows)


@cache
def _aliases() -> Mapping[str, tuple[str, ...]]:
    """Return the built-in names and aliases of each GPU."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for gpu, kind, name in _rows():
        if kind != "family":
            found[gpu].append(name)
    return {gpu: (gpu, *names) for gpu, names in found.items()}


@cache
def _families() -> Mapping[str, str]:
    return {gpu: name for gpu, kind, name in _rows() if kind == "family"}


@cache
def _standard_names() -> Mapping[str, str]:
    return {hardware_key(text): gpu for gpu, texts in _aliases().items() for text in texts}


@cache
def _cpu_index() -> Mapping[str, str]:
    return {
        hardware_key(text): flavor
        for flavor, aliases in CPU_FLAVORS.items()
        for text in (flavor, *aliases)
    }
