"""What the tests need from the machine, and what happens when it is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip because *what* is missing on this machine; in CI (``TWIN_CI=1``), where it is installed, fail."""
    if os.environ.get("TWIN_CI") == "1":
        pytest.fail(f"missing tool: {what}", pytrace=False)
    pytest.skip(f"missing: {what}")
