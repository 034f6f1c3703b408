"""The timeline answer: events in order, buffers, races with margins, critical chains."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.event_tools import GENSET, MIN, H, behind_a_bus, one_load, read, snapshot
from tests.unit.strategies import Tables, Traits, systems_with_event
from twin.errors import InvalidParameter, UnknownAsset
from twin.impact.events.story import TimelineResult, timeline


def told(result: TimelineResult) -> list[tuple[Any, str, str]]:
    return [(e["time_s"], e["what"], e["id"]) for e in result.events]


def raced(result: TimelineResult) -> list[tuple[Any, ...]]:
    return [(r["id"], r["outcome"], r["margin_s"], r["margin_min"], r["follows"]) for r in result.races]


def chained(result: TimelineResult, name: str) -> list[tuple[str, Any]]:
    return [(step["id"], step["at_s"]) for step in result.chain(name)]


def test_the_load_of_the_design() -> None:
    result = one_load().timeline(["mains"])
    assert told(result) == [
        (0, "failed", "mains"),
        (0, "called", "genset"),
        (0, "on_buffer", "load"),
        (60, "standby_on", "genset"),
        (60, "fed_again", "load"),
        (24 * H + 60, "standby_off", "genset"),
        (24 * H + 60, "on_buffer", "load"),
        (24 * H + 16 * MIN, "buffer_spent", "load"),
        (24 * H + 16 * MIN, "down", "load"),
    ]
    assert [(b["from_s"], b["until_s"], b["spent_s"], b["outcome"]) for b in result.buffers] == [
        (0, 60, 900, "fed_again"),
        (24 * H + 60, 24 * H + 960, 24 * H + 960, "spent"),
    ]
    assert raced(result) == [("load", "lost", None, None, None), ("load", "won", 840, 14.0, None)]
    assert chained(result, "load") == [("load", 24 * H + 960), ("genset", 24 * H + 60), ("mains", 0)]
    assert result.chain("genset") == []
    assert result.events[1]["by"] == ["load"]


def test_a_standby_source_that_ran_and_went_down_is_the_last_straw() -> None:
    """The UPS delivers from 0 to 5 s; the router's minute starts only then. Found by the soak."""
    made = {
        "mains": {},
        "ups": {"standby": "true", "ride_through_power_s": 5},
        "router": {"ride_through_power_s": 60},
    }
    snap = snapshot(made, ["mains POWERS ups", "ups POWERS router", "mains POWERS router"])
    result = snap.timeline(["mains"])
    assert chained(result, "router") == [("router", 65), ("ups", 5), ("mains", 0)]
    router = next(a for a in snap.impact(["mains"]).affected if a["id"] == "router")
    assert router["lost"][0]["failed_members"] == ["mains", "ups"]


def test_a_standby_source_lost_before_it_started_is_no_last_straw() -> None:
    """The genset would start after 30 s and is down from 10 s on: it never carried the load."""
    made = {
        "mains": {},
        "genset": {**GENSET, "start_delay_s": 30, "ride_through_cooling_s": 10},
        "load": {"ride_through_power_s": MIN},
    }
    snap = snapshot(made, ["mains POWERS load", "genset POWERS load", "mains COOLS genset"])
    assert chained(snap.timeline(["mains"]), "load") == [("load", 60), ("mains", 0)]


def test_behind_a_bus_the_race_is_lost_where_help_would_count() -> None:
    result = behind_a_bus().timeline(["mains"], 8 * H)
    assert raced(result) == [("bus", "lost", -60, -1.0, None), ("ups", "won", 840, 14.0, "bus")]
    assert (60, "back", "bus") in told(result)
    assert (60, "at_risk", "bus") in told(result)
    assert [(e["id"], e["time_s"]) for e in result.ahead] == [
        ("bus", 24 * H + 60), ("rack", 24 * H + 960), ("ups", 24 * H + 960),
    ]  # fmt: skip
    assert chained(result, "rack")[1:] == [
        ("ups", 24 * H + 960), ("bus", 24 * H + 60), ("genset", 24 * H + 60), ("mains", 0),
    ]  # fmt: skip
    assert [step["why"] for step in result.chain("rack")] == ["down", "down", "down", "fuel", "event"]


def test_a_genset_that_starts_too_late_loses_by_so_much() -> None:
    snap = snapshot(
        {"mains": {}, "genset": {**GENSET, "start_delay_s": 20 * MIN}, "load": {"ride_through_power_s": 15 * MIN}},
        ["mains POWERS load", "genset POWERS load"],
    )
    result = snap.timeline(["mains"], 8 * H)
    assert raced(result) == [("load", "lost", -5 * MIN, -5.0, None)]
    assert (15 * MIN, "down", "load") in told(result)
    assert (20 * MIN, "back", "load") in told(result)


def test_the_last_straw_of_a_2_of_3_gate() -> None:
    """Three UPS of 5, 10 and 20 minutes; two are needed: the gate is lost with the second one."""
    assets: dict[str, dict[str, Any]] = {"mains": {}, "rack": {"ride_through_power_s": 60}}
    links = ["mains POWERS " + name for name in ("u5", "u10", "u20")]
    for name, minutes in (("u5", 5), ("u10", 10), ("u20", 20)):
        assets[name] = {"ride_through_power_s": minutes * MIN}
        links.append(f"{name} POWERS rack rack need=2")
    result = snapshot(assets, links).timeline(["mains"])
    assert chained(result, "rack") == [("rack", 11 * MIN), ("u10", 10 * MIN), ("mains", 0)]
    assert result.chain("rack")[0]["buffer_s"] == 60


def test_an_empty_event_and_a_bad_horizon_are_told() -> None:
    snap = one_load()
    with pytest.raises(InvalidParameter, match="the event is empty"):
        snap.timeline([])
    with pytest.raises(InvalidParameter, match="horizon"):
        snap.timeline(["mains"], -1)
    with pytest.raises(UnknownAsset, match="2 of 3 ids are unknown: maims, lod"):
        snap.timeline(["mains", "maims", "lod"])


def test_nothing_but_the_event_happens() -> None:
    result = snapshot({"a": {}, "b": {}}, []).timeline(["a"])
    assert told(result) == [(0, "failed", "a")]
    assert (result.races, result.buffers, result.critical) == ([], [], {})


TRAITS = Traits(user_types=True, buffer_percent=60, standby_percent=10)
HORIZONS = st.sampled_from((None, 0, 10, 30, 100))


@given(systems_with_event(TRAITS), HORIZONS)
def test_events_buffers_and_outages_agree(system: tuple[Tables, list[str]], horizon: float | None) -> None:
    made, failed = system
    snap = read(made)
    impact = {a["id"]: a for a in snap.impact(failed, horizon).affected}
    result = snap.timeline(failed, horizon)
    end = math.inf if horizon is None else horizon
    times = [e["time_s"] for e in result.events]
    assert times == sorted(times)
    assert all(0 <= t <= end for t in times)
    for name, entry in impact.items():
        spells = [e["time_s"] for e in result.events if e["id"] == name and e["what"] in ("down", "back")]
        assert spells == [t for spell in entry["outages"] for t in spell if t is not None]
    for buffer in result.buffers:
        lasted = buffer["spent_s"] - buffer["from_s"]
        assert buffer["buffer_s"] == lasted or buffer["outcome"] == "stopped"
        if buffer["outcome"] == "spent":
            assert buffer["until_s"] == buffer["spent_s"]
            if buffer["until_s"] <= end:
                assert [buffer["until_s"]] in [spell[:1] for spell in impact[buffer["id"]]["outages"]]
        if buffer["outcome"] == "fed_again":
            assert buffer["until_s"] is not None
            assert buffer["from_s"] < buffer["until_s"] <= buffer["spent_s"]
    for race in result.races:
        back = math.inf if race["back_s"] is None else race["back_s"]
        assert (race["spent_s"] >= back) == (race["outcome"] == "won")
        assert race["margin_s"] is None or race["margin_s"] == race["spent_s"] - back
        assert race["follows"] is None or race["follows"] != race["id"]


@given(systems_with_event(TRAITS), HORIZONS)
def test_the_replay_ends_where_the_run_ended(system: tuple[Tables, list[str]], horizon: float | None) -> None:
    made, failed = system
    asked = read(made).ask(failed, horizon)
    moment, rules = asked.run.at_horizon, asked.system
    counted = rules.outage & (rules.baseline & ~asked.failed)[rules.gates.owner]
    unfed = set(np.flatnonzero(counted & ~moment.evaluation.fed).tolist())
    assert {s.gate for s in asked.replay.spells if s.start <= moment.time_s < s.end} == unfed


@given(systems_with_event(TRAITS), HORIZONS)
def test_critical_chains_add_up(system: tuple[Tables, list[str]], horizon: float | None) -> None:
    """From each drop back to the event: what a gate lost last, and its buffer, give the time to the second."""
    made, failed = system
    asked = read(made).ask(failed, horizon)
    result = timeline(asked)
    entries = {a["id"]: a for a in asked.impact().affected}
    assert set(result.critical) == {name for name, a in entries.items() if a["verdict"] != "failed"}
    for name in result.critical:
        chain = result.chain(name)
        assert chain[0]["id"] == name
        assert len({(step["id"], step["at_s"]) for step in chain}) == len(chain)
        if entries[name]["verdict"] in ("down", "interrupted"):
            assert chain[0]["at_s"] == entries[name]["time_s"]
            assert chain[-1]["why"] == "event"
            assert chain[-1]["id"] in failed
        for step, before in pairwise(chain):
            assert step["at_s"] >= before["at_s"]
            if step["why"] == "down":
                assert step["at_s"] == before["at_s"] + step["buffer_s"]
