"""The few countries of the tiny worlds, with their continents, blocs and further names."""

from __future__ import annotations

COUNTRIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "US": ("NA", ("usa", "united states")),
    "CA": ("NA", ("canada",)),
    "DE": ("EU", ("germany",)),
    "FR": ("EU", ("france",)),
    "GB": ("EU", ("united kingdom",)),
    "NO": ("EU", ("norway",)),
    "JP": ("AS", ("japan",)),
    "SG": ("AS", ("singapore",)),
    "BR": ("SA", ("brazil",)),
    "AU": ("OC", ("australia",)),
}
"""Country code: continent code, further names."""

CONTINENTS = {
    "NA": "north america",
    "SA": "south america",
    "EU": "europe",
    "AF": "africa",
    "AS": "asia",
    "OC": "oceania",
}

BLOCS = {"EU": frozenset({"DE", "FR"}), "EEA": frozenset({"DE", "FR", "NO"})}
"""Members among the countries above."""
