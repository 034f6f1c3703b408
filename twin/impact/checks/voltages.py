"""Links of the power mesh between two voltages without a transformer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.impact.checks.columns import about, examples, numbers, of_kinds, texts
from twin.impact.system import System
from twin.model import Finding

#: Kinds with one voltage at all their ends.
ONE_VOLTAGE = {"bus", "power_line", "switch", "feeder", "line_junction", "voltage_level"}
#: Nominal voltages may be written rounded or as operated; more apart than this share is another level.
APART = 0.15


def voltage_mismatches(system: System) -> Iterator[Finding]:
    """Lines, switches and buses that are joined directly to one of another voltage."""
    a = system.arrays
    kv, plain = numbers(system, "voltage_kv"), of_kinds(system, ONE_VOLTAGE)
    power = [i for i, name in enumerate(a.link_types) if name == "CONDUCTS"]
    at = np.flatnonzero(np.isin(a.link_type, power) & plain[a.link_from] & plain[a.link_to])
    one, two = kv[a.link_from[at]], kv[a.link_to[at]]
    with np.errstate(invalid="ignore"):
        bad = at[(one > 0) & (two > 0) & (np.abs(one - two) > APART * np.maximum(one, two))]
    if not len(bad):
        return
    ends = texts(system, a.link_from[bad[:3]]), texts(system, a.link_to[bad[:3]])
    some = [
        f"{start} ({kv[a.link_from[link]]:g} kV) at {end} ({kv[a.link_to[link]]:g} kV)"
        for start, end, link in zip(*ends, bad[:3].tolist(), strict=True)
    ]
    rows = np.unique(np.concatenate([a.link_from[bad], a.link_to[bad]])).astype(np.int64)
    more = f" and {len(bad) - 3:,} more" if len(bad) > 3 else ""
    yield about(
        system, "voltage_mismatch", "warning",
        f"{len(bad):,} link(s) join two voltages without a transformer: {examples(some)}{more}",
        "Correct the voltage, or the end that the line was joined to.", rows,
    )  # fmt: skip
