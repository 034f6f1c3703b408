"""What-if overlays: every answer as the reference gives it, the arrays as a build of the changed tables gives them."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reference.compare import disagreements
from tests.reference.overlaid import changed_rows, overlaid
from tests.reference.system import NeedConflict
from tests.unit.strategies import KINDS, SeededPicker, Tables, Traits, event, generate
from twin import Snapshot
from twin.errors import InvalidParameter, TableError, UnknownAsset
from twin.schema.load import default_schema
from twin.snapshot.adjacency import adjacencies, carriers
from twin.snapshot.arrays import Arrays
from twin.snapshot.changes import Changes, Link
from twin.snapshot.check import check
from twin.snapshot.overlay import Overlay, changed

SEEDS = 20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 600
BLOCKS = 10


def read(tables: Tables) -> Snapshot:
    with tempfile.TemporaryDirectory() as folder:
        return Snapshot.from_tables(tables.write(Path(folder)), schema=tables.schema)


def random_changes(pick: random.Random, tables: Tables) -> Changes:
    """Some of everything, links between any two assets that their type allows."""
    schema = tables.schema or default_schema()
    ids = list(tables.ids)
    removed = pick.sample(ids, pick.choice((0, 0, 1, 2)) if len(ids) > 4 else 0)
    left = [name for name in ids if name not in removed]
    failed = pick.sample(left, min(len(left), pick.choice((0, 0, 1))))
    added: list[dict[str, Any]] = []
    for number in range(pick.choice((0, 0, 1, 2))):
        row: dict[str, Any] = {"id": f"new-{number}", "kind": pick.choice(KINDS)}
        if pick.random() < 0.3:
            row["ride_through_power_s"] = pick.choice((5, 30))
        if pick.random() < 0.2:
            row["status"] = pick.choice(("planned", "out_of_service"))
        added.append(row)
    kind_of = {row["id"]: row["kind"] for row in [*tables.assets, *added]}
    places = left + [row["id"] for row in added] * 3
    links_added = []
    for _ in range(pick.randint(0, 6)):
        kind, a, b = pick.choice(list(schema.link_types)), pick.choice(places), pick.choice(places)
        if schema.link_types[kind].allows(kind_of[a], kind_of[b]):
            links_added.append(Link(a, kind, b, pick.choice(("", "", "B")), pick.choice(("", "", "", "2"))))
    taken = pick.sample(tables.links, min(len(tables.links), pick.choice((0, 1, 1, 3))))
    links_removed = [Link(r["from"], r["type"], r["to"], pick.choice(("", r["group"]))) for r in taken]
    return Changes(failed, removed, added, links_added, links_removed)


def gates_of(arrays: Arrays) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """Everything about each gate, by the names of its owner, service and group."""
    g, ids = arrays.gates, arrays.assets["id"].to_pylist()
    found = {}
    for x in range(len(g.owner)):
        row = int(g.owner[x])
        assert g.own_ptr[row] <= x < g.own_ptr[row + 1]
        member = g.member[g.ptr[x] : g.ptr[x + 1]].tolist()
        assert member == sorted(set(member))
        members = dict(zip((ids[v] for v in member), g.member_mesh[g.ptr[x] : g.ptr[x + 1]].tolist(), strict=True))
        flags = (int(g.size[x]), bool(g.degrade[x]), bool(g.joined[x]), bool(g.mesh[x]), float(g.buffer_s[x]))
        key = (ids[row], arrays.services[g.service[x]], arrays.groups[g.group[x]])
        assert key not in found
        found[key] = (members, int(g.need[x]), *flags)
    users = [(int(v), int(x)) for x in range(len(g.owner)) for v in g.member[g.ptr[x] : g.ptr[x + 1]]]
    uses = [(v, int(x)) for v in range(arrays.n) for x in g.use_gate[g.use_ptr[v] : g.use_ptr[v + 1]]]
    assert uses == sorted(users)
    return found


def links_of(arrays: Arrays) -> Counter[tuple[Any, ...]]:
    ids = arrays.assets["id"].to_pylist()
    columns = (arrays.link_from, arrays.link_to, arrays.link_type, arrays.link_group, arrays.link_need)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert rows == sorted(rows)
    assert [int(v) for v in np.repeat(np.arange(arrays.n), np.diff(arrays.out_ptr))] == [row[0] for row in rows]
    entering = [rows[int(x)][1] for x in arrays.in_link]
    assert entering == np.repeat(np.arange(arrays.n), np.diff(arrays.in_ptr)).tolist()
    return Counter((ids[a], ids[b], t, arrays.groups[g] if g >= 0 else "", need) for a, b, t, g, need in rows)


def loops_of(arrays: Arrays, service: int) -> set[frozenset[str]]:
    """Components of a service as sets of ids; checks that suppliers come first."""
    order, ids = arrays.orders[service], arrays.assets["id"].to_pylist()
    there = ~arrays.removed
    parts = [order.asset[order.start[c] : order.start[c + 1]] for c in range(len(order.start) - 1)]
    for c, part in enumerate(parts):
        assert (order.component[part] == c).all()
    g = arrays.gates
    for x in np.flatnonzero(g.service == service):
        members = g.member[g.ptr[x] : g.ptr[x + 1]]
        assert (order.component[members] <= order.component[g.owner[x]]).all()
    return {frozenset(ids[v] for v in part if there[v]) for part in parts} - {frozenset()}


def same_as_built(over: Arrays, built: Arrays, seed: str) -> None:
    """Whatever a build of the changed tables has, an overlay has; gates beyond these have no members."""
    check(over, seed)
    mine, theirs = gates_of(over), gates_of(built)
    for key, gate in theirs.items():
        assert (mine[key][0], mine[key][2:]) == (gate[0], gate[2:]), f"{seed} {key}"
    for key in mine.keys() - theirs.keys():
        assert mine[key][0] == {}, f"{seed} {key}"
    assert links_of(over) == links_of(built), seed
    row_of = {name: row for row, name in enumerate(over.assets["id"].to_pylist()) if not over.removed[row]}
    rows = np.array([row_of[name] for name in built.assets["id"].to_pylist()], np.int64)
    assert len(rows) == len(row_of)
    for name in ("in_service", "planned", "standby", "black_start", "manual_restart", "start_delay_s", "endurance_s"):
        assert getattr(over, name)[rows].tolist() == getattr(built, name).tolist(), f"{seed} {name}"
    for service in built.orders:
        alone = {frozenset([name]) for name in row_of}
        assert loops_of(over, service) - alone == loops_of(built, service) - alone, seed
    carrier = carriers(over.gates, over.meshes, over.n)
    for mine_, theirs_ in zip((over.down, over.up), adjacencies(over.gates, over.meshes, carrier, over.n), strict=True):
        for item in fields(mine_):
            assert getattr(mine_, item.name).tolist() == getattr(theirs_, item.name).tolist()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_random_overlays(block: int) -> None:
    applied = 0
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        picker, pick = SeededPicker(seed), random.Random(seed)
        tables = generate(picker, Traits(user_types=seed % 3 == 0, largest=8 if seed % 2 else 25))
        changes, told = random_changes(pick, tables), f"seed {seed}"
        base = read(tables)
        schema = tables.schema or default_schema()
        untouched = {name: value.tobytes() for name, value, _ in base.arrays.named()}
        try:
            over = Snapshot(changed(base.arrays, changes, schema))
        except InvalidParameter:
            with pytest.raises(NeedConflict):
                overlaid(tables, changes)
            continue
        applied += 1
        assert {name: value.tobytes() for name, value, _ in base.arrays.named()} == untouched, told
        less = Changes(removed=changes.removed, links_removed=changes.links_removed)
        more = Changes(failed=changes.failed, added=changes.added, links_added=changes.links_added)
        if not set(changes.failed) & set(changes.removed):
            piled = changed(changed(base.arrays, less, schema), more, schema)
            assert (gates_of(piled), links_of(piled)) == (gates_of(over.arrays), links_of(over.arrays)), told
            assert piled.in_service.tolist() == over.arrays.in_service.tolist(), told
        assets, links = changed_rows(tables, changes, schema)
        failed = [name for name in event(picker, tables) if name not in changes.removed]
        failed = failed or [row["id"] for row in assets[:1]]  # an event is not empty
        try:
            assert disagreements(overlaid(tables, changes), over, failed) == [], told
        except Exception as error:
            raise AssertionError(f"{told}: {error}") from error
        try:
            built = read(Tables(assets, links, tables.user_types))
        except TableError:  # a gate that lost the row with its need: only an overlay keeps it
            continue
        same_as_built(over.arrays, built.arrays, told)
    assert applied > SEEDS // BLOCKS // 2


def test_piled_overlays_are_undone_to_the_very_same() -> None:
    for seed in range(40):
        tables, pick = generate(SeededPicker(seed), Traits(largest=25)), random.Random(seed)
        pile = Overlay(read(tables).arrays, default_schema())
        seen = [pile.arrays]
        names = pick.sample(tables.ids, min(3, len(tables.ids)))
        seen += [pile.apply(Changes(**{pick.choice(("removed", "failed")): [name]})) for name in names]
        assert pile.arrays is seen[-1]
        for before in reversed(seen[:-1]):
            assert pile.undo() is before
        assert pile.undo() is seen[0]


def small() -> Tables:
    def asset(name: str, kind: str, **more: str) -> dict[str, str]:
        return {"id": name, "kind": kind, **more}

    def link(a: str, kind: str, b: str, group: str = "", need: str = "") -> dict[str, str]:
        return {"from": a, "type": kind, "to": b, "group": group, "need": need}

    return Tables(
        [asset("gen", "power_plant"), asset("bus", "bus"), asset("load", "load"), asset("other", "load")],
        [link("gen", "POWERS", "bus"), link("bus", "POWERS", "load"), link("bus", "POWERS", "other", "B", "1")],
    )


def test_a_consumer_whose_last_supplier_is_taken_is_down_and_no_source() -> None:
    base = read(small())
    for changes in ({"links_removed": [Link("bus", "POWERS", "load")]}, {"removed": ["bus"]}):
        over = base.with_changes(**changes)
        assert "load" in over.baseline_down()
        assert any(f.code == "gate_unsatisfiable" and f.assets == ("load",) for f in over.findings)
        assert over.gates("load")[0]["members"] == []
    assert base.baseline_down() == []


def test_what_does_not_change_is_shared() -> None:
    base = read(small())
    over = base.with_changes(failed=["bus"]).arrays
    others = {name: value for name, value, _ in over.named()}
    for name, value, _ in base.arrays.named():
        assert (value is others[name]) == (name not in {"in_service", "assumed"}), name
    assert over.assets is base.arrays.assets
    cut = base.with_changes(links_removed=[Link("bus", "POWERS", "load")]).arrays
    for name in ("owner", "service", "group", "degrade", "joined", "buffer_s", "own_ptr"):
        assert getattr(cut.gates, name) is getattr(base.arrays.gates, name), name
    grown = base.with_changes(added=[{"id": "x", "kind": "load", "lon": 9, "lat": 50}]).arrays
    first = grown.assets["id"].chunk(0).buffers()[2].address
    assert first == base.arrays.assets["id"].chunk(0).buffers()[2].address


def test_lists_and_looking_up_know_the_changes() -> None:
    base = read(small())
    new = {"id": "ups", "kind": "ups", "name": "New", "lon": 9.0, "lat": 50.0, "ride_through_power_s": 60}
    links = [Link("bus", "POWERS", "ups"), Link("ups", "POWERS", "load")]
    over = base.with_changes(removed=["other"], added=[new], links_added=links)
    assert [row["id"] for row in over.assets()[0]] == ["gen", "bus", "load", "ups"]
    assert (over.assets()[2], over.n_assets, over.n_links) == (4, 4, 4)
    assert over.asset("ups")["properties"]["ride_through_power_s"] == 60
    assert over.asset("ups")["domain"] == "energy"
    assert [step["id"] for step in over.dependents("bus")] == ["load", "ups"]
    assert over.impact(["bus"]).summary["energy"]["down"] == 2
    with pytest.raises(UnknownAsset):
        over.asset("other")
    with pytest.raises(UnknownAsset, match="gen"):
        over.asset("gene")


def test_an_overlay_can_be_saved_and_opened(tmp_path: Path) -> None:
    over = read(small()).with_changes(removed=["other"], added=[{"id": "x", "kind": "load"}])
    over.save(tmp_path / "saved")
    loaded = Snapshot.load(tmp_path / "saved")
    assert loaded.assets() == over.assets()
    assert loaded.impact(["bus"]).to_dict()["affected"] == over.impact(["bus"]).to_dict()["affected"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"added": [{"id": "bus", "kind": "load"}]}, "there already"),
        ({"added": [{"id": "x", "kind": "lod"}]}, "unknown kind"),
        ({"added": [{"id": "x", "kind": "load", "colour": "red"}]}, "no property"),
        ({"added": [{"id": "x", "kind": "load", "lon": 200, "lat": 0}]}, "lon"),
        ({"added": [{"id": "x", "kind": "load", "ride_through_power_s": -1}]}, "ride_through_power_s"),
        ({"links_added": [Link("bus", "FEEDS", "load")]}, "unknown link type"),
        ({"links_added": [Link("bus", "COOLS", "load")]}, "does not go"),
        ({"links_added": [Link("bus", "POWERS", "load", "", "0")]}, "need"),
        ({"links_added": [Link("gen", "POWERS", "other", "B", "2")]}, "contradicts"),
        ({"links_added": [Link("bus", "POWERS", "load")], "removed": ["bus"]}, "removed"),
        ({"links_removed": [Link("gen", "POWERS", "load")]}, "no link"),
    ],
)  # fmt: skip
def test_changes_that_make_no_sense_are_told(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        read(small()).with_changes(**changes)
    with pytest.raises(UnknownAsset):
        read(small()).with_changes(failed=["nothing"])


def test_links_may_be_plain_tuples_and_what_is_none_is_told() -> None:
    assert Changes(links_removed=[("a", "POWERS", "b")]).links_removed == [Link("a", "POWERS", "b")]  # type: ignore[list-item]
    for bad in (("a", "b"), "a POWERS b", ("a", "POWERS", 3), 7):
        with pytest.raises(InvalidParameter, match="no link"):
            Changes(links_added=[bad])  # type: ignore[list-item]
