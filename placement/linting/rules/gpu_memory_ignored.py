"""A deployment asks for GPU memory and uses no GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class GpuMemoryIgnored(Rule):
    """`gpuMemoryGiB` is per GPU, and there is none."""

    code: ClassVar[Code] = Code.GPU_MEMORY_IGNORED
    severity: ClassVar[Severity] = Severity.NOTE

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every such deployment, alike ones once."""
        for wish in scene.wishes:
            one = wish.first
            if one.gpu_memory and not one.gpus:
                message = (
                    f"`gpuMemoryGiB` of {named(wish.deployments)} is ignored: a replica uses no GPU"
                )
                yield Finding(scene.key(one), ("resources", "gpuMemoryGiB"), message)
