"""Every answer proves itself before the checker, and the checker does not let a wrong answer pass."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.checker import ProofError, check
from tests.reference.system import System
from tests.unit.strategies import Tables, Traits, systems_with_event
from twin import Snapshot

Answer = dict[str, Any]


@given(systems_with_event(Traits(user_types=True)), st.sampled_from((None, 0, 1, 10, 30, 60, 100)))
def test_every_answer_is_proven(system: tuple[Tables, list[str]], horizon: float | None) -> None:
    tables, failed = system
    with tempfile.TemporaryDirectory() as folder:
        tables.write(Path(folder))
        snap = Snapshot.from_tables(folder, schema=tables.schema)
        rules = System.read(folder, tables.schema)
    check(rules, snap.impact(failed, horizon).to_dict(), set(snap.baseline_down()))


@pytest.fixture
def proven(tmp_path: Path) -> tuple[System, Answer]:
    """A small answer with a failed, a down, an interrupted, a degraded and two assets at risk."""
    tables = Tables(
        assets=[
            {"id": "mains", "kind": "substation"},
            {"id": "other", "kind": "substation"},
            {"id": "genset", "kind": "genset", "standby": "true", "start_delay_s": "60"},
            {"id": "bus", "kind": "bus"},
            {"id": "pump", "kind": "cooling_unit"},
            {"id": "rack", "kind": "rack"},
            {"id": "rtu", "kind": "rtu"},
            {"id": "load", "kind": "load"},
        ],
        links=[
            {"from": "mains", "type": "POWERS", "to": "bus"},
            {"from": "genset", "type": "POWERS", "to": "bus"},
            {"from": "mains", "type": "POWERS", "to": "pump"},
            {"from": "mains", "type": "POWERS", "to": "rack"},
            {"from": "other", "type": "POWERS", "to": "rack"},
            {"from": "mains", "type": "POWERS", "to": "rtu"},
            {"from": "rtu", "type": "CONTROLS", "to": "load"},
        ],
    )
    snap = Snapshot.from_tables(tables.write(tmp_path / "system"))
    answer = snap.impact(["mains"]).to_dict()
    system = System.read(tmp_path / "system")
    check(system, answer, set())
    said = {a["id"]: a["verdict"] for a in answer["affected"]}
    assert said == {
        "mains": "failed", "bus": "interrupted", "pump": "down", "rack": "at_risk", "rtu": "down", "load": "degraded",
    }  # fmt: skip
    return system, answer


def entry(answer: Answer, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(a for a in answer["affected"] if a["id"] == name)
    return found


FORGERIES: dict[str, Callable[[Answer], Any]] = {
    "verdict": lambda a: entry(a, "pump").update(verdict="interrupted"),
    "flags of what is down": lambda a: entry(a, "pump").update(flags=["at_risk"]),
    "time": lambda a: entry(a, "pump").update(time_s=5),
    "outage": lambda a: entry(a, "bus").update(outages=[[60, 0]]),
    "no outage": lambda a: entry(a, "pump").update(outages=[]),
    "hop": lambda a: entry(a, "load").update(hop=1),
    "no proof": lambda a: entry(a, "pump").update(lost=[]),
    "have": lambda a: entry(a, "pump")["lost"][0].update(have=1),
    "have of what is at risk": lambda a: entry(a, "rack")["lost"][0].update(have=0),
    "need": lambda a: entry(a, "pump")["lost"][0].update(need=2),
    "gate": lambda a: entry(a, "pump")["lost"][0].update(group="B"),
    "member that works": lambda a: entry(a, "rack")["lost"][0].update(failed_members=["other"]),
    "member of another gate": lambda a: entry(a, "load")["lost"][0].update(failed_members=["pump"]),
    "nobody failed it": lambda a: entry(a, "pump")["lost"][0].update(failed_members=[]),
    "event": lambda a: a["event"].update(failed=["mains", "other"]),
    "left out": lambda a: a["affected"].remove(entry(a, "rtu")),
    "twice": lambda a: a["affected"].append(entry(a, "rtu")),
    "summary": lambda a: a["summary"]["energy"].update(down=7),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_answers_are_refused(proven: tuple[System, Answer], forgery: str) -> None:
    system, answer = proven
    forged = copy.deepcopy(answer)
    FORGERIES[forgery](forged)
    with pytest.raises(ProofError):
        check(system, forged, set())
