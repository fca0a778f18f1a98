"""A token policy caps the tokens a model may serve in a time window and never limits where it runs.

It is a traffic rule: kept and shown with the other policies, reported as not being a
placement policy, and left to whatever routes the requests.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from placement.policies.base import Document, Policy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup
    from placement.catalog.table import NodeTable


class Granularity(StrEnum):
    """Unit of the time window."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class MaxTokens(Document):
    """Caps per window of ``step`` times ``granularity``; 0 caps nothing."""

    granularity: Granularity
    step: int = Field(default=1, ge=1, strict=True)
    input: int = Field(default=0, ge=0, strict=True)
    output: int = Field(default=0, ge=0, strict=True)
    total: int = Field(default=0, ge=0, strict=True)
    ratio_input_over_output: int = Field(default=0, ge=0, strict=True)


class MaxTokenPolicy(Policy):
    """Allows every node group."""

    places: ClassVar[bool] = False

    type: Literal["maxToken"] = "maxToken"
    max_tokens: MaxTokens

    def compile(self, table: NodeTable) -> NDArray[np.bool_]:
        """Return a mask of all rows."""
        import numpy as np

        return np.ones(len(table), np.bool_)

    def check(self, group: NodeGroup, catalog: Catalog) -> bool:
        """Return True."""
        return True

    def options(self) -> str:
        """Return the caps, and that they do not concern placement."""
        return f"not a placement policy ({self._caps()} per {self._window()})"

    def _caps(self) -> str:
        limits = (
            (self.max_tokens.input, "input tokens"),
            (self.max_tokens.output, "output tokens"),
            (self.max_tokens.total, "tokens"),
        )
        return ", ".join(f"{cap} {what}" for cap, what in limits if cap) or "no cap"

    def _window(self) -> str:
        if self.max_tokens.step == 1:
            return self.max_tokens.granularity.value
        return f"{self.max_tokens.step} {self.max_tokens.granularity.value}s"
