"""The order of a change: sets of steps that one after the other never exceed a node.

``order`` finds the waves of a plan, ``check`` judges any; neither knows the other.
"""

from placement.plan.waves.judge import check
from placement.plan.waves.order import BUDGET, Order, order

__all__ = ["BUDGET", "Order", "check", "order"]
