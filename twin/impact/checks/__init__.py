"""What the data of a snapshot show to be doubtful: supply, places, voltages, connections."""

from __future__ import annotations

from twin.impact.checks.connections import assumed, dangling, islands, isolated
from twin.impact.checks.doubles import doubles
from twin.impact.checks.down import why_down
from twin.impact.checks.places import misplaced, without_length
from twin.impact.checks.standing import standing_by
from twin.impact.checks.voltages import voltage_mismatches
from twin.impact.system import System
from twin.model import Finding

__all__ = ["doubts"]


def doubts(system: System) -> list[Finding]:
    """All of them, in a fixed order."""
    checks = (
        why_down,
        standing_by,
        isolated,
        dangling,
        islands,
        assumed,
        voltage_mismatches,
        without_length,
        misplaced,
        doubles,
    )
    return [finding for check in checks for finding in check(system)]
