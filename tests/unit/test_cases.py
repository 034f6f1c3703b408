"""The sixteen small systems of the shared folder: the engine and the reference against their known answers."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from tests.reference.checker import check
from tests.reference.steady import baseline_down, cold_start, deadlock_cores
from tests.reference.system import System
from tests.reference.verdicts import Verdicts
from twin import Snapshot

ROOT = Path(__file__).resolve().parents[2]
CASES = (ROOT / os.environ.get("TWIN_SHARED", "../shared")).resolve() / "cases"
NAMES = sorted(p.parent.name for p in CASES.glob("*/expected.json"))

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not NAMES, reason=f"shared data missing: no cases in {CASES}; set TWIN_SHARED"),
]


def expected(name: str) -> dict[str, Any]:
    """The known answers of one case."""
    answers: dict[str, Any] = json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
    return answers


@pytest.mark.parametrize("name", NAMES)
def test_engine_before_the_event(name: str) -> None:
    wanted, snapshot = expected(name), Snapshot.from_tables(CASES / name)
    assert snapshot.baseline_down() == sorted(wanted["baseline_down"])
    assert sorted(snapshot.cold_start().started) == sorted(wanted["cold_start"])
    assert sorted(d.assets for d in snapshot.deadlocks()) == sorted(sorted(c) for c in wanted["deadlock"])


@pytest.mark.parametrize("name", NAMES)
def test_engine_events(name: str) -> None:
    snapshot = Snapshot.from_tables(CASES / name)
    system = System.read(CASES / name)
    for event in expected(name)["events"]:
        answer = snapshot.impact(event["failed"], event["horizon_s"]).to_dict()
        said = {a["id"]: [a["verdict"], a["time_s"], a["outages"]] for a in answer["affected"]}
        assert said == event["verdicts"]
        check(system, answer, set(snapshot.baseline_down()))


@pytest.mark.parametrize("name", NAMES)
def test_reference_agrees(name: str) -> None:
    wanted, system = expected(name), System.read(CASES / name)
    assert baseline_down(system) == set(wanted["baseline_down"])
    assert cold_start(system)[0] == set(wanted["cold_start"])
    assert sorted(map(sorted, deadlock_cores(system))) == sorted(sorted(c) for c in wanted["deadlock"])
    for event in wanted["events"]:
        horizon = math.inf if event["horizon_s"] is None else event["horizon_s"]
        answers = Verdicts(system, set(event["failed"]), horizon).answers()
        assert {v: [a.verdict, a.time_s, a.outages] for v, a in answers.items()} == event["verdicts"]
