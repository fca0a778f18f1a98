"""What every lint rule has: a code, a severity, and a check."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.codes import Code
from placement.workspace.sources import Key

if TYPE_CHECKING:
    from placement.linting.scene import Scene


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found.

    Attributes
    ----------
    key : tuple of str
        The object it is about.
    path : tuple of str and int
        The field in its document.
    message : str
    advice : str or None
    """

    key: Key
    path: tuple[str | int, ...]
    message: str
    advice: str | None = None


class Rule(ABC):
    """One thing that manifests may say and that is hardly meant."""

    code: ClassVar[Code]
    severity: ClassVar[Severity]

    @abstractmethod
    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every finding, in any order."""
