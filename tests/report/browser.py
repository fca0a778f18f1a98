"""A headless Chromium that is already on the machine, if there is one."""

from __future__ import annotations

import os
import shutil

GIVEN = "PLACEMENT_TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Return the path of a browser: the one that is named, else one that is installed."""
    given = os.environ.get(GIVEN)
    return given or next((found for name in NAMES if (found := shutil.which(name))), None)
