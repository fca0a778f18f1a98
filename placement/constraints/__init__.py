"""Placement engine for model deployments."""
