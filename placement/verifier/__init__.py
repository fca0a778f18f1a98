"""Judges any plan by names and exact arithmetic; knows nothing of how the plan was found."""

from placement.verifier.change import verify_change
from placement.verifier.whole import Report, judge, verify

__all__ = ["Report", "judge", "verify", "verify_change"]
