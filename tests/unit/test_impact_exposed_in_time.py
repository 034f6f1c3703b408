"""Exposed in time: what cascades settle without a run, and the compiled run, against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.failure_tools import Brute, random_systems, snapshot
from twin.impact.failures import intime
from twin.impact.failures.meeting import Bounds, meeting

blocks = pytest.mark.parametrize("block", [range(500, 540), range(540, 580)])


def horizons(seed: int) -> tuple[float, ...]:
    return np.inf, 0.0, 10.0, float(seed % 97) * 7


@blocks
def test_the_compiled_run_ends_where_the_run_that_says_why_does(block: range) -> None:
    between = 0
    for seed, tables, failed in random_systems(block):
        snap = snapshot(tables)
        rows = np.array([snap.catalogue.row(name) for name in failed])
        wide = intime.Part(snap.system, np.arange(0, snap.system.n, 2))
        for event in (rows, rows[:1], *(np.array([row]) for row in range(0, snap.system.n, 2))):
            for horizon in horizons(seed):
                wanted = intime.run(snap.system, event, horizon).lost
                assert (intime.Part(snap.system, event).lost(event, horizon) == wanted).all(), (seed, horizon)
                if (event % 2 == 0).all():  # an event within another's part
                    assert (wide.lost(event, horizon) == wanted).all(), (seed, horizon)
                between += int(not 0 < horizon < np.inf and wanted.sum() > len(event))
    assert between > 100


@blocks
def test_what_does_not_meet_the_event_adds_nothing_to_it(block: range) -> None:
    """Every further failure that is left out, and every bound, against the definition."""
    left_out, settled, some = 0, 0, 0
    for seed, tables, failed in random_systems(block):
        brute = Brute(snapshot(tables))
        system, names = brute.system, brute.names
        rows = np.array([brute.snap.catalogue.row(name) for name in failed])
        event = rows[system.baseline[rows]]
        for horizon in horizons(seed):
            first = brute.in_time(failed, horizon)[0]
            lost = np.isin(names, sorted(first))
            further = np.flatnonzero(system.baseline & ~lost)
            met = set(meeting(system, event, further).tolist())
            bounds = Bounds(system, event, lost, horizon == np.inf)
            for cause in further.tolist():
                alone = brute.in_time([names[cause]], horizon)[0]
                new = brute.in_time([*failed, names[cause]], horizon)[0] - first - alone - {names[cause]}
                if cause not in met:
                    left_out += 1
                    assert not new, (seed, horizon, names[cause])
                    continue
                most, least = (frozenset(names[row] for row in rows) for rows in bounds.of(cause))
                assert least <= new <= most, (seed, horizon, names[cause])
                settled += least == most
                some += bool(new)
    assert min(left_out, settled, some) > 50


@pytest.mark.parametrize("block", [range(40, 70), range(70, 100)])
def test_exposed_at_any_horizon_is_brute_force(block: range) -> None:
    met = 0
    for seed, tables, failed in random_systems(block):
        brute = Brute(snapshot(tables))
        for horizon in horizons(seed):
            first = brute.in_time(failed, horizon)[0]
            wanted: dict[str, set[str]] = {}
            for further in set(brute.operating) - first:
                alone = brute.in_time([further], horizon)[0]
                for name in brute.in_time([*failed, further], horizon)[0] - first - alone - {further}:
                    wanted.setdefault(name, set()).add(further)
            end = None if horizon == np.inf else horizon
            answer = brute.snap.exposed(failed, timeline=True, horizon_s=end, named=10_000)
            assert {row["id"]: set(row["failures"]) for row in answer.exposed} == wanted, (seed, horizon)
            assert answer.tried == len(set(brute.operating) - first)
            met += len(wanted)
    assert met > 3
