"""What must be true of every impact answer, whatever the system (design §4)."""

from __future__ import annotations

import copy
import math
import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.strategies import SERVICES, Tables, Traits, systems, systems_with_event
from twin import Snapshot

PLAIN = Traits(buffers=False, standby=False)
BUFFERS = Traits(standby=False)
ALL = Traits(user_types=True)


def snapshot(tables: Tables) -> Snapshot:
    with tempfile.TemporaryDirectory() as folder:
        return Snapshot.from_tables(tables.write(Path(folder)), schema=tables.schema)


def by_id(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Affected assets by id, lists without an order of their own sorted."""
    found = {a["id"]: copy.deepcopy(a) for a in answer["affected"]}
    for a in found.values():
        for loss in a["lost"]:
            loss["failed_members"].sort()
        a["lost"].sort(key=lambda loss: (loss["service"], loss["group"]))
    return found


def first_drops(answer: dict[str, Any]) -> dict[str, float]:
    return {a["id"]: a["outages"][0][0] for a in answer["affected"] if a["outages"]}


@given(systems_with_event(ALL), st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(system: tuple[Tables, list[str]], seed: int) -> None:
    tables, failed = system
    mixed = copy.deepcopy(tables)
    random.Random(seed).shuffle(mixed.assets)
    random.Random(seed).shuffle(mixed.links)
    one, two = snapshot(tables), snapshot(mixed)
    assert one.baseline_down() == two.baseline_down()
    assert one.cold_start().rounds == two.cold_start().rounds
    assert sorted(d.assets for d in one.deadlocks()) == sorted(d.assets for d in two.deadlocks())
    for horizon in (None, 0, 10):
        assert by_id(one.impact(failed, horizon).to_dict()) == by_id(two.impact(failed, horizon).to_dict())


@given(systems(ALL), st.data())
def test_the_steady_cascade_is_monotone(tables: Tables, data: st.DataObject) -> None:
    """More failures lose a superset."""
    some = data.draw(st.sets(st.sampled_from(tables.ids), max_size=3))
    more = some | data.draw(st.sets(st.sampled_from(tables.ids), max_size=3))
    snap = snapshot(tables)
    assert snap.steady(more) <= snap.steady(some)
    assert not snap.steady(some) & some


@given(systems_with_event(BUFFERS), st.data())
def test_larger_buffers_never_drop_earlier(system: tuple[Tables, list[str]], data: st.DataObject) -> None:
    """Without standby sources."""
    tables, failed = system
    larger = copy.deepcopy(tables)
    for row in larger.assets:
        for service in SERVICES:
            name = f"ride_through_{service}_s"
            row[name] = str(int(row.get(name) or 0) + data.draw(st.sampled_from((0, 0, 1, 7, 60))))
    small = first_drops(snapshot(tables).impact(failed).to_dict())
    large = first_drops(snapshot(larger).impact(failed).to_dict())
    for name, time in large.items():
        assert time >= small.get(name, math.inf), name


@given(systems_with_event(PLAIN))
def test_without_buffers_and_standby_the_run_is_the_steady_cascade(system: tuple[Tables, list[str]]) -> None:
    tables, failed = system
    snap = snapshot(tables)
    before = set(tables.ids) - set(snap.baseline_down())
    before -= {row["id"] for row in tables.assets if row.get("status", "in_service") != "in_service"}
    affected = snap.impact(failed).affected
    gone = {a["id"] for a in affected if a["verdict"] in ("failed", "down")}
    assert before - gone == snap.steady(failed)
    assert all(a["outages"] == [[0, None]] for a in affected if a["verdict"] == "down")
    assert not any(a["verdict"] == "interrupted" for a in affected)


@given(systems_with_event(ALL))
def test_after_every_buffer_the_steady_cascade_is_a_lower_bound(system: tuple[Tables, list[str]]) -> None:
    """What the steady cascade keeps never drops at all, unless a standby source has to start for it."""
    tables, failed = system
    for row in tables.assets:
        row.pop("start_delay_s", None)
    snap = snapshot(tables)
    dropped = set(first_drops(snap.impact(failed).to_dict()))
    assert not dropped & snap.steady(failed)


@given(systems(ALL), st.sampled_from((None, 0, 30)))
def test_no_event_no_impact(tables: Tables, horizon: float | None) -> None:
    answer = snapshot(tables).ask([], horizon).impact().to_dict()
    assert answer["affected"] == []
    assert answer["summary"] == {}


@given(systems_with_event(ALL))
def test_what_is_out_of_service_is_never_counted(system: tuple[Tables, list[str]]) -> None:
    tables, failed = system
    snap = snapshot(tables)
    out = {row["id"] for row in tables.assets if row.get("status", "in_service") != "in_service"}
    down = set(snap.baseline_down())
    assert not out & down
    assert not out & snap.cold_start().started
    affected = {a["id"] for a in snap.impact(failed).affected}
    assert not affected & (out | down)
    assert {v for v in failed if v not in out | down} <= affected


@given(systems_with_event(ALL))
def test_horizons_tell_one_story(system: tuple[Tables, list[str]]) -> None:
    """Outages as of a horizon are the outages of the whole run, cut off there."""
    tables, failed = system
    snap = snapshot(tables)
    whole = by_id(snap.impact(failed).to_dict())
    for horizon in (0, 5, 30, 60):
        for name, part in by_id(snap.impact(failed, horizon).to_dict()).items():
            full = whole[name]["outages"] if name in whole else []
            cut = [[a, b if b is not None and b <= horizon else None] for a, b in full if a <= horizon]
            assert part["outages"] == cut, (name, horizon)


@given(systems(ALL))
def test_before_any_event(tables: Tables) -> None:
    """Baseline, cold start and deadlocks fit together."""
    snap = snapshot(tables)
    started, down = snap.cold_start().started, set(snap.baseline_down())
    serving = {row["id"] for row in tables.assets if row.get("status", "in_service") == "in_service"}
    assert started <= serving - down
    stuck = serving - down - started
    cores = [set(d.assets) for d in snap.deadlocks()]
    assert bool(cores) == bool(stuck)
    assert set().union(*cores) <= stuck
    assert sum(map(len, cores)) == len(set().union(*cores))
    assert sum(map(len, snap.cold_start().rounds)) == len(started)
