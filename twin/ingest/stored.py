"""What the store keeps of runs and findings, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from twin.model import Finding, Origin

#: Worst first.
SEVERITIES = ("error", "warning", "info")


def flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Columns of a row; a single map column stands for its entries."""
    only = next(iter(row.values())) if len(row) == 1 else None
    return only if isinstance(only, Mapping) else row


def plain(value: Any) -> Any:
    """A value of the store as JSON has it: times as text."""
    if isinstance(value, datetime) or hasattr(value, "iso_format"):
        return value.isoformat() if isinstance(value, datetime) else value.iso_format()
    return value


def finding_of(row: Mapping[str, Any]) -> Finding:
    """The finding that a row of the store keeps."""
    entry = flat(row)
    return Finding(
        code=entry["code"],
        severity=entry["severity"],
        message=entry["message"],
        fix=entry.get("fix") or "",
        assets=tuple(entry.get("assets") or ()),
        count=entry.get("count") or max(1, len(entry.get("assets") or ())),
        origin=Origin(entry["origin"]) if entry.get("origin") else None,
    )
