"""Catalogs made of what other systems know about a fleet."""
