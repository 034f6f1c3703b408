"""Ids and times of what is kept."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_id() -> str:
    """A new id: 128 random bits, so that who knows the address was given it."""
    return secrets.token_hex(16)


def now() -> str:
    """This moment, UTC, as ISO 8601 text with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
