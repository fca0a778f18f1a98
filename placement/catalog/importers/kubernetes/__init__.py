"""Nodes and pods of Kubernetes clusters, as ``kubectl get -o json`` or ``-o yaml`` writes them."""
