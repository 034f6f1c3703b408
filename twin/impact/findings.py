"""What the data of a snapshot show to be wrong or missing by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.impact.affected import texts
from twin.impact.checks import doubts
from twin.impact.system import System
from twin.model import Finding, Origin


def found_by_data(system: System) -> list[Finding]:
    """Findings of the build, then what is down before any event, what is only assumed to be supplied, and doubts."""
    arrays = system.arrays
    found = [_finding(f) for f in arrays.findings]
    down = sorted(texts(system, "id", np.flatnonzero(arrays.in_service & ~system.baseline)))
    if down:
        found.append(
            Finding(
                "baseline_down",
                "warning",
                f"{len(down):,} asset(s) do not operate before any event: "
                "a gate lacks members, or has no path to a source.",
                "Check the links and the status of what supplies them.",
                tuple(down),
                len(down),
            )
        )
    assumed = np.flatnonzero(arrays.assumed)
    if len(assumed):
        found.append(
            Finding(
                "assumed_supplied",
                "warning",
                f"{len(assumed):,} asset(s) have no supplier of a service that their kind requires "
                "or that an import took from them; they count as supplied.",
                "Import or stitch the links that supply them.",
                tuple(texts(system, "id", assumed)),
                len(assumed),
            )
        )
    return found + doubts(system)


def _finding(entry: dict[str, Any]) -> Finding:
    origin = entry.get("origin")
    return Finding(
        entry["code"],
        entry["severity"],
        entry["message"],
        entry["fix"],
        tuple(entry["assets"]),
        entry["count"],
        Origin(origin) if origin else None,
    )
