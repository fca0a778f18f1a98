"""What is allowed, and is hardly what was meant: findings about manifests that can be read."""

from placement.linting.run import lint

__all__ = ["lint"]
