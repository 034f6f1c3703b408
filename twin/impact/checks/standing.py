"""Standby sources that are none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.impact.checks.columns import about
from twin.impact.system import System
from twin.model import Finding


def standing_by(system: System) -> Iterator[Finding]:
    """Assets marked as standby sources that need the service themselves which they supply."""
    a, gates = system.arrays, system.gates
    supplied = np.zeros((len(a.services), system.n), bool)
    supplied[gates.service[system.gate_of_member], gates.member] = True
    needed = np.zeros((len(a.services), system.n), bool)
    needed[gates.service, gates.owner] = True
    wrong = a.standby & a.in_service & (supplied & needed).any(axis=0)
    rows = np.flatnonzero(wrong)
    if len(rows):
        many = "1 asset is" if len(rows) == 1 else f"{len(rows):,} assets are"
        yield about(
            system, "standby_not_source", "warning",
            f"{many} marked as standby and needs itself what it supplies: it counts as off until it is called, and so"
            " does what lives on it",
            "Mark the source as standby (the genset), not what passes its power on.", rows,
        )  # fmt: skip
