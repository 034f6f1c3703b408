"""Every worked example of design §4, and small systems of our own that fix what a sentence means."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.reference.checker import check
from tests.reference.system import System
from tests.unit.strategies import Tables
from twin import Snapshot
from twin.errors import InvalidParameter, TableError, UnknownAsset

H = 3600
MIN = 60
Make = Callable[..., Snapshot]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Build a snapshot from assets ``{id: {property: value}}`` and links ``"a TYPE b [group] [need=..]"``."""

    def build(assets: dict[str, dict[str, Any]] | Iterable[str], links: Iterable[str]) -> Snapshot:
        named = assets if isinstance(assets, dict) else {name: {} for name in assets}
        tables = Tables()
        for name, properties in named.items():
            tables.assets.append({"id": name, "kind": "site", **{k: str(v) for k, v in properties.items()}})
        for link in links:
            start, kind, end, *rest = link.split()
            row = {"from": start, "type": kind, "to": end}
            for word in rest:
                row.update({"need": word[5:]} if word.startswith("need=") else {"group": word})
            tables.links.append(row)
        return Snapshot.from_tables(tables.write(tmp_path / "system"))

    return build


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., dict[str, dict[str, Any]]]:
    """Impact as a dict by id; every answer goes before the proof checker."""

    def question(snapshot: Snapshot, *failed: str, horizon: float | None = None) -> dict[str, dict[str, Any]]:
        answer = snapshot.impact(failed, horizon).to_dict()
        check(System.read(tmp_path / "system"), answer, set(snapshot.baseline_down()))
        return {a["id"]: a for a in answer["affected"]}

    return question


Ask = Callable[..., dict[str, dict[str, Any]]]


def verdicts(answer: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: a["verdict"] for name, a in answer.items()}


# -- redundancy ---------------------------------------------------------------------------------------------


def test_a_and_b_feed_one_lost(make: Make, ask: Ask) -> None:
    snapshot = make(["a", "b", "rack"], ["a POWERS rack", "b POWERS rack"])
    assert verdicts(ask(snapshot, "a")) == {"a": "failed", "rack": "at_risk"}
    assert verdicts(ask(snapshot, "a", "b")) == {"a": "failed", "b": "failed", "rack": "down"}


def test_two_of_three_chillers(make: Make, ask: Ask) -> None:
    snapshot = make(["c1", "c2", "c3", "hall"], [f"{c} COOLS hall need=2" for c in ("c1", "c2", "c3")])
    one = ask(snapshot, "c1")
    assert verdicts(one) == {"c1": "failed", "hall": "at_risk"}
    assert one["hall"]["lost"] == [
        {"service": "cooling", "group": "cooling", "need": 2, "have": 2, "failed_members": ["c1"]}
    ]
    two = ask(snapshot, "c1", "c2")
    assert two["hall"]["verdict"] == "down"
    assert two["hall"]["lost"][0]["have"] == 1
    assert two["hall"]["hop"] == 1


def test_two_gates_both_needed(make: Make, ask: Ask) -> None:
    snapshot = make(["a", "b", "rack"], ["a POWERS rack A", "b POWERS rack B"])
    assert verdicts(ask(snapshot, "b")) == {"b": "failed", "rack": "down"}


def test_theatre_minimal_cut_sets(make: Make) -> None:
    """Light comes from the mains, or from the generator when its relay works: found by brute force."""
    snapshot = make(
        {"mains": {}, "generator": {}, "relay": {}, "emergency": {}, "light": {}},
        ["generator POWERS emergency", "relay SERVES emergency", "mains POWERS light", "emergency POWERS light"],
    )
    parts = ["generator", "mains", "relay"]
    cuts: list[set[str]] = []
    for size in range(1, 4):
        for chosen in itertools.combinations(parts, size):
            down = [a["id"] for a in snapshot.impact(chosen).affected if a["verdict"] == "down"]
            if "light" in down and not any(cut <= set(chosen) for cut in cuts):
                cuts.append(set(chosen))
    assert cuts == [{"generator", "mains"}, {"mains", "relay"}]


# -- loops, grounding, starting -----------------------------------------------------------------------------

LOOP = ["grid POWERS telecom", "telecom SERVES grid", "grid POWERS dc", "telecom SERVES dc"]


def test_grid_and_telecom_need_each_other(make: Make) -> None:
    snapshot = make(["grid", "telecom", "dc"], LOOP)
    assert snapshot.baseline_down() == []
    assert snapshot.cold_start().started == set()
    (core,) = snapshot.deadlocks()
    assert core.assets == ["grid", "telecom"]
    assert sorted(core.cycle) == ["grid", "telecom"]


def test_a_genset_breaks_the_deadlock(make: Make) -> None:
    snapshot = make(
        {"grid": {}, "telecom": {}, "dc": {}, "genset": {"standby": "true"}}, [*LOOP, "genset POWERS telecom"]
    )
    assert snapshot.baseline_down() == []
    assert snapshot.cold_start().rounds == [["genset"], ["telecom"], ["grid"], ["dc"]]
    pages = [snapshot.cold_start().to_dict(3, skip) for skip in (0, 3)]
    assert [page["complete"] for page in pages] == [False, True]
    assert snapshot.deadlocks() == []


def test_two_tied_buses_do_not_hold_each_other(make: Make, ask: Ask) -> None:
    snapshot = make(["gen", "b1", "b2", "tie"], ["gen POWERS b1", "b1 CONDUCTS tie", "tie CONDUCTS b2"])
    assert verdicts(ask(snapshot, "gen")) == {"gen": "failed", "b1": "down", "b2": "down", "tie": "down"}


def test_an_island_without_a_source_is_a_finding_not_an_impact(make: Make, ask: Ask) -> None:
    snapshot = make(["gen", "b1", "x", "y"], ["gen POWERS b1", "x CONDUCTS y"])
    assert snapshot.baseline_down() == ["x", "y"]
    assert "baseline_down" in {f.code for f in snapshot.findings}
    assert ask(snapshot, "x") == {}


def test_plant_that_cannot_black_start(make: Make) -> None:
    snapshot = make({"plant": {"black_start": "false"}, "bus": {}}, ["plant POWERS bus"])
    assert snapshot.cold_start().started == set()
    assert [d.assets for d in snapshot.deadlocks()] == [["bus", "plant"]]


def test_a_source_of_two_services_waits_for_the_dead_one_only(make: Make) -> None:
    """The cooling side of the source has started by itself; what it cools beside that is no part of the core."""
    assets = {
        "cogen": {"kind": "genset", "black_start": "false"},
        "server": {"kind": "server"},
        "hall": {"kind": "hall"},
        "chiller": {"kind": "cooling_unit"},
        "rack": {"kind": "rack"},
    }
    links = ["cogen POWERS server", "cogen COOLS hall", "cogen COOLS rack", "chiller COOLS rack"]
    cores = make(assets, links).deadlocks()
    assert [set(core.assets) for core in cores] == [{"cogen", "server"}]


def test_cores_come_in_the_order_of_starting(make: Make) -> None:
    """b waits for a's loop and has a loop of its own; c comes up by itself once b's loop runs."""
    snapshot = make(
        ["a1", "a2", "b1", "b2", "c"],
        ["a1 SERVES a2", "a2 SERVES a1", "b1 SERVES b2", "b2 SERVES b1", "a1 HOSTS b1", "b1 SERVES c"],
    )
    assert [d.assets for d in snapshot.deadlocks()] == [["a1", "a2"], ["b1", "b2"]]


def test_an_uncontrolled_substation_is_degraded_only(make: Make, ask: Ask) -> None:
    snapshot = make(["rtu", "substation", "load"], ["rtu CONTROLS substation", "substation POWERS load"])
    assert verdicts(ask(snapshot, "rtu")) == {"rtu": "failed", "substation": "degraded"}


# -- time ---------------------------------------------------------------------------------------------------

GENSET = {"standby": "true", "start_delay_s": 60, "endurance_s": 24 * H}


def test_mains_ups_and_genset_into_one_load(make: Make, ask: Ask) -> None:
    links = ["mains POWERS load", "genset POWERS load"]
    snapshot = make({"mains": {}, "genset": GENSET, "load": {"ride_through_power_s": 15 * MIN}}, links)
    end = 24 * H + 16 * MIN
    assert ask(snapshot, "mains")["load"]["outages"] == [[end, None]]
    early = ask(snapshot, "mains", horizon=end - 1)["load"]
    assert (early["verdict"], early["time_s"], early["outages"]) == ("at_risk", end, [])
    assert ask(snapshot, "mains", horizon=end)["load"]["verdict"] == "down"


def test_without_the_genset(make: Make, ask: Ask) -> None:
    snapshot = make({"mains": {}, "load": {"ride_through_power_s": 15 * MIN}}, ["mains POWERS load"])
    assert ask(snapshot, "mains")["load"]["outages"] == [[15 * MIN, None]]


def test_without_the_ups(make: Make, ask: Ask) -> None:
    snapshot = make({"mains": {}, "genset": GENSET, "load": {}}, ["mains POWERS load", "genset POWERS load"])
    load = ask(snapshot, "mains")["load"]
    assert load["outages"] == [[0, 60], [24 * H + 60, None]]
    assert (load["verdict"], load["time_s"]) == ("down", 0)


def test_bus_ups_and_rack_at_eight_hours(make: Make, ask: Ask) -> None:
    snapshot = make(
        {"mains": {}, "genset": GENSET, "bus": {}, "ups": {"ride_through_power_s": 15 * MIN}, "rack": {}},
        ["mains POWERS bus", "genset POWERS bus", "bus POWERS ups", "ups POWERS rack"],
    )
    answer = ask(snapshot, "mains", horizon=8 * H)
    assert verdicts(answer) == {"mains": "failed", "bus": "interrupted", "ups": "at_risk", "rack": "at_risk"}
    assert answer["bus"]["outages"] == [[0, 60]]
    assert answer["bus"]["flags"] == ["interrupted", "at_risk"]
    assert answer["rack"]["time_s"] == 24 * H + 16 * MIN


def test_back_in_the_last_second_nothing_happened(make: Make, ask: Ask) -> None:
    assets = {"mains": {}, "genset": {"standby": "true", "start_delay_s": 60}, "load": {"ride_through_power_s": 60}}
    snapshot = make(assets, ["mains POWERS load", "genset POWERS load"])
    assert ask(snapshot, "mains")["load"]["outages"] == []


def test_a_genset_that_starts_at_once(make: Make, ask: Ask) -> None:
    snapshot = make(
        {"mains": {}, "genset": {"standby": "true"}, "load": {}}, ["mains POWERS load", "genset POWERS load"]
    )
    load = ask(snapshot, "mains")["load"]
    assert (load["verdict"], load["outages"]) == ("at_risk", [])


def test_manual_restart_stays_down(make: Make, ask: Ask) -> None:
    assets = {"mains": {}, "genset": {"standby": "true", "start_delay_s": 60}, "load": {"manual_restart": "true"}}
    snapshot = make(assets, ["mains POWERS load", "genset POWERS load"])
    assert ask(snapshot, "mains")["load"]["outages"] == [[0, None]]


def test_buffers_in_series_add_up(make: Make, ask: Ask) -> None:
    assets = {"gen": {}, "first": {"ride_through_power_s": 100}, "second": {"ride_through_power_s": 30}}
    snapshot = make(assets, ["gen POWERS first", "first POWERS second"])
    answer = ask(snapshot, "gen")
    assert [answer[n]["time_s"] for n in ("first", "second")] == [100, 130]


def test_buffers_in_a_loop_discharge_together(make: Make, ask: Ask) -> None:
    assets = {"gen": {}, "first": {"ride_through_power_s": 100}, "second": {"ride_through_power_s": 30}}
    snapshot = make(assets, ["gen POWERS first", "first POWERS second", "second POWERS first"])
    answer = ask(snapshot, "gen")
    assert [answer[n]["time_s"] for n in ("first", "second")] == [100, 100]


def test_a_loop_that_collapsed_does_not_lift_itself(make: Make, ask: Ask) -> None:
    """The grid's genset comes when telecom is down, and telecom needs the grid: the deadlock, in time."""
    assets = {"plant": {}, "grid": {}, "telecom": {}, "genset": {"standby": "true", "start_delay_s": "60"}}
    links = ["plant POWERS grid", "genset POWERS grid", "grid POWERS telecom", "telecom SERVES grid"]
    answer = ask(make(assets, links), "plant")
    assert answer["grid"]["outages"] == answer["telecom"]["outages"] == [[0, None]]


def test_a_battery_carries_the_loop_over(make: Make, ask: Ask) -> None:
    """The same with a battery at telecom that lasts until the genset runs."""
    assets: dict[str, dict[str, Any]] = {"plant": {}, "grid": {}, "telecom": {"ride_through_power_s": 61}}
    assets["genset"] = {"standby": "true", "start_delay_s": 60}
    links = ["plant POWERS grid", "genset POWERS grid", "grid POWERS telecom", "telecom SERVES grid"]
    answer = ask(make(assets, links), "plant")
    assert answer["grid"]["outages"] == [[0, 60]]
    assert "telecom" not in answer


def test_a_station_battery_rides_alone(make: Make, ask: Ask) -> None:
    assets = {"gen": {}, "b1": {}, "line": {}, "b2": {"ride_through_power_s": 8 * H}, "relay": {}}
    snapshot = make(assets, ["gen POWERS b1", "b1 CONDUCTS line", "line CONDUCTS b2", "b2 POWERS relay"])
    answer = ask(snapshot, "gen", horizon=600)
    assert verdicts(answer) == {"gen": "failed", "b1": "down", "line": "down", "b2": "at_risk", "relay": "at_risk"}
    assert ask(snapshot, "gen")["relay"]["outages"] == [[8 * H, None]]


# -- telecom ------------------------------------------------------------------------------------------------

RING = ["n1 TRANSPORTS s1", "s1 TRANSPORTS n2", "n2 TRANSPORTS s2", "s2 TRANSPORTS n3", "n3 TRANSPORTS s3"]
RING += ["s3 TRANSPORTS n1", "n1 CONNECTS circuit", "n2 CONNECTS circuit", "circuit SERVES app"]
RING_ASSETS = ["n1", "n2", "n3", "s1", "s2", "s3", "circuit", "app"]


def test_circuit_over_a_ring(make: Make, ask: Ask) -> None:
    snapshot = make(RING_ASSETS, RING)
    assert verdicts(ask(snapshot, "s1")) == {"s1": "failed"}
    parted = ask(snapshot, "s1", "s3")
    assert verdicts(parted) == {"s1": "failed", "s3": "failed", "circuit": "down", "app": "down"}
    assert parted["circuit"]["hop"] == 1
    assert parted["app"]["hop"] == 2
    assert verdicts(ask(snapshot, "n2")) == {"n2": "failed", "circuit": "down", "app": "down"}
    assert verdicts(ask(snapshot, "n3", "s1"))["circuit"] == "down"


def test_protected_circuit_over_two_paths(make: Make, ask: Ask) -> None:
    snapshot = make(
        ["s1", "s2", "s3", "p1", "p2", "circuit"],
        ["s1 CARRIES p1", "s2 CARRIES p1", "s3 CARRIES p2", "p1 SERVES circuit", "p2 SERVES circuit"],
    )
    assert verdicts(ask(snapshot, "s2")) == {"s2": "failed", "p1": "down", "circuit": "at_risk"}
    assert verdicts(ask(snapshot, "s2", "s3"))["circuit"] == "down"


# -- status, needs ------------------------------------------------------------------------------------------


def test_a_planned_second_cable_changes_nothing(make: Make, ask: Ask) -> None:
    snapshot = make({"old": {}, "new": {"status": "planned"}, "route": {}}, ["old CARRIES route", "new CARRIES route"])
    assert snapshot.baseline_down() == []
    assert verdicts(ask(snapshot, "old")) == {"old": "failed", "route": "down"}


@pytest.mark.parametrize("status", ["out_of_service", "open"])
def test_out_of_service_members_count_and_never_deliver(make: Make, ask: Ask, status: str) -> None:
    snapshot = make({"old": {}, "new": {"status": status}, "route": {}}, ["old CARRIES route", "new CARRIES route"])
    assert snapshot.baseline_down() == ["route"]
    assert ask(snapshot, "new", "old").keys() == {"old"}


def test_gates_that_cannot_hold_are_findings(make: Make) -> None:
    snapshot = make(
        {"a": {}, "x": {}, "p": {"status": "planned"}, "y": {}}, ["a POWERS x need=2", "p POWERS y", "a POWERS x"]
    )
    assert snapshot.baseline_down() == ["x", "y"]
    named = {name for f in snapshot.findings if f.code != "baseline_down" for name in f.assets}
    assert {"x", "y"} <= named


def test_blank_needs_take_the_others_value(make: Make, ask: Ask) -> None:
    snapshot = make(["a", "b", "x"], ["a POWERS x need=2", "b POWERS x"])
    assert verdicts(ask(snapshot, "a"))["x"] == "down"


@pytest.mark.parametrize(
    "links",
    [
        ["a POWERS x need=2", "b POWERS x need=any"],
        ["a SERVES x both", "b CARRIES x both"],
    ],
)
def test_two_needs_in_one_gate_are_an_error(make: Make, links: list[str]) -> None:
    with pytest.raises(TableError):
        make(["a", "b", "x"], links)


def test_parallel_links_are_one_member(make: Make, ask: Ask) -> None:
    snapshot = make(["a", "b", "x"], ["a POWERS x need=all", "a POWERS x", "b POWERS x"])
    assert verdicts(ask(snapshot, "b"))["x"] == "down"
    assert ask(snapshot, "b")["x"]["lost"][0]["need"] == 2


def test_self_supply(make: Make) -> None:
    """An asset that feeds itself is held in an ungrounded service, and not in a grounded one."""
    snapshot = make(["x", "y"], ["x POWERS x", "y SERVES y"])
    assert snapshot.baseline_down() == ["x"]
    assert [d.assets for d in snapshot.deadlocks()] == [["y"]]


# -- questions ----------------------------------------------------------------------------------------------


def test_one_asset_alone(make: Make, ask: Ask) -> None:
    snapshot = make(["only"], [])
    assert verdicts(ask(snapshot, "only")) == {"only": "failed"}
    assert snapshot.cold_start().rounds == [["only"]]


def test_questions_that_cannot_be_answered(make: Make) -> None:
    snapshot = make(["bus-1"], [])
    with pytest.raises(UnknownAsset):
        snapshot.impact(["bus-2"])
    with pytest.raises(InvalidParameter):
        snapshot.impact(["bus-1"], -1)
    with pytest.raises(InvalidParameter):
        snapshot.impact(["bus-1"], float("nan"))
