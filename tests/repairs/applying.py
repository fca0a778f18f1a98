"""Repairs carried over to tiny worlds, by what their edits say: an independent reading of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from placement.workspace.refusal import Repair
from tests.worlds.world import Deployment, Key, Peers, Spread, World

KINDS = {"location": "region"}
"""How a location entry's kind is spelled in worlds."""


def with_repair(world: World, repair: Repair) -> World:
    """Return a world with the edits of a repair made."""
    for edit in repair.edits:
        world = _edited(world, edit)
    return world


def _edited(world: World, edit: Mapping[str, Any]) -> World:
    if "nodeGroup" in edit:
        return world.change_group(edit["nodeGroup"], count=edit["count"])
    document = edit["put"]
    name, spec = document["metadata"]["name"], document["spec"]
    if document["kind"] == "Policy":
        changed = tuple(
            replace(policy, spec=_options(spec)) if policy.name == name else policy
            for policy in world.policies
        )
        return replace(world, policies=changed)
    key = (name, document["metadata"]["environment"])
    return world.change(key, **_fields(world.deployment(key), spec))


def _options(spec: Mapping[str, Any]) -> tuple[Any, ...]:
    match spec["type"]:
        case "location":
            return tuple((KINDS.get(e["type"], e["type"]), e["name"]) for e in spec["locations"])
        case "flavor":
            return tuple((entry["type"], entry["name"]) for entry in spec["flavors"])
        case "provider":
            return tuple(spec["providers"])
        case "price":
            return (str(Decimal(str(spec["maxPricePerGpuHour"]))),)
        case "carbon":
            return (Decimal(str(spec["maxCarbon"])),)
    raise ValueError(spec["type"])


def _fields(old: Deployment, spec: Mapping[str, Any]) -> dict[str, Any]:
    wanted = spec["resources"].get("gpuMemoryGiB")
    return {
        "enabled": spec["enabled"],
        "replicas": spec["replicas"],
        "flavors": tuple((entry["type"], entry["name"]) for entry in spec["flavors"]),
        "gpu_memory": 0 if wanted is None else int(Decimal(str(wanted)) * 1000),
        "spread": tuple(map(_spread, spec["spread"])),
        "separate_from": _kept(old.separate_from, spec["separateFrom"]),
        "together_with": _kept(old.together_with, spec["togetherWith"]),
        "rollout": spec["rollout"],
    }


def _spread(entry: Mapping[str, Any]) -> Spread:
    return Spread(
        entry["over"],
        entry.get("maxPerDomain"),
        entry.get("minDomains"),
        entry.get("maxSkew"),
    )


def _kept(old: Iterable[Peers], entries: Iterable[Mapping[str, Any]]) -> tuple[Peers, ...]:
    """Return the entries that are still there; a repair takes entries away and adds none."""
    overs = [entry["over"] for entry in entries]
    return tuple(rule for rule in old if rule.over in overs)


def needs_beside(world: World, placed: Mapping[Key, int], keys: Iterable[Key]) -> dict[Key, int]:
    """Return what has to have a place: some deployments whole, of all others what had one."""
    whole = set(keys)
    return {
        d.key: d.replicas if d.key in whole else placed.get(d.key, 0)
        for d in world.deployments
        if d.enabled
    }
