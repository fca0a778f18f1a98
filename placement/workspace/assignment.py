"""One assignment row: what runs, or will run, where."""

from __future__ import annotations

from dataclasses import dataclass

from placement.frozen import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class Assignment:
    """Replicas of one deployment on one node (on one GPU of it, for GPU shares).

    ``gpus`` is the row's total in thousandths of a GPU, ``cost`` the row's total in
    micro-USD per hour, ``gpu`` the GPU index of a share and None otherwise. The row key is
    (model, environment, node, gpu).
    """

    model: str
    environment: str
    version: str
    node: str
    provider: str
    region: str
    zone: str
    country: str
    continent: str
    flavor: str
    replicas: int
    gpus: int
    cost: int
    gpu: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """(model, environment)."""
        return (self.model, self.environment)
