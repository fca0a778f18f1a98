"""A plan as Deployments of Kubernetes whose pods can run nowhere but where the plan has them."""

from placement.plan.kubernetes.deployments import Part
from placement.plan.kubernetes.export import to_kubernetes, to_yaml

__all__ = ["Part", "to_kubernetes", "to_yaml"]
