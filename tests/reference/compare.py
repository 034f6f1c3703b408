"""The engine against the reference on one system: every answer, at horizons before, at and after every instant."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from tests.reference.checker import check
from tests.reference.steady import baseline_down, cold_start, deadlock_cores, steady_cascade
from tests.reference.system import System
from tests.reference.timed import Run
from tests.reference.verdicts import Verdicts, history
from twin import Snapshot
from twin.schema.model import Schema


def differences(folder: Path, event: list[str], schema: Schema | None = None) -> list[str]:
    """Every disagreement between engine and reference, in words; an empty list when they agree.

    Each answer of the engine is also put before the proof checker, which raises ProofError.
    """
    return disagreements(System.read(folder, schema), Snapshot.from_tables(folder, schema=schema), event)


def disagreements(system: System, snapshot: Snapshot, event: list[str]) -> list[str]:
    """The same for a system and a snapshot that should show one and the same."""
    found = before_event(system, snapshot)
    run = Run(system)
    failed = set(event) & run.before
    say(found, "steady", steady_cascade(system, set(event)), snapshot.steady(event))
    for horizon in horizons([m.time for m in history(run, failed)]):
        answer = snapshot.impact(event, None if horizon == math.inf else horizon).to_dict()
        check(system, answer, set(snapshot.baseline_down()))
        mine = {
            v: (a.verdict, a.time_s, a.outages, a.flags)
            for v, a in Verdicts(system, failed, horizon, run).answers().items()
        }
        theirs = {a["id"]: (a["verdict"], a["time_s"], a["outages"], a["flags"]) for a in answer["affected"]}
        for name in sorted(set(mine) | set(theirs)):
            say(found, f"event {event} horizon {horizon} {name}", mine.get(name), theirs.get(name))
    return found


def before_event(system: System, snapshot: Snapshot) -> list[str]:
    """Disagreements about the baseline, the cold start and the deadlocks."""
    found: list[str] = []
    say(found, "baseline_down", sorted(baseline_down(system)), snapshot.baseline_down())
    started, rounds = cold_start(system)
    say(found, "cold start", sorted(started), sorted(snapshot.cold_start().started))
    say(found, "rounds", rounds, snapshot.cold_start().rounds)
    cores = [sorted(c) for c in deadlock_cores(system)]
    deadlocks = snapshot.deadlocks()
    say(found, "deadlock cores", sorted(cores), sorted(d.assets for d in deadlocks))
    found += [
        f"cycle {d.cycle} is not in the core {d.assets}"
        for d in deadlocks
        if not d.cycle or not set(d.cycle) <= set(d.assets)
    ]
    return found


def horizons(times: list[float]) -> list[float]:
    """Just before, at and just after every instant of a run, between them, and for ever."""
    chosen = {0.0, math.inf}
    for time in times:
        chosen |= {time, time + 0.5, max(0.0, time - 0.5)}
    return sorted(chosen)


def say(found: list[str], what: str, mine: Any, theirs: Any) -> None:
    """Note a disagreement."""
    if mine != theirs:
        found.append(f"{what}: reference {mine}, engine {theirs}")
