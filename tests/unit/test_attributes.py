"""Derived attributes against their definitions, on random systems."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.strategies import SeededPicker, Traits, generate
from twin.impact import Snapshot
from twin.impact.attributes import REDUNDANCIES, STATES, attributes
from twin.impact.attributes.derived import NOT_COUNTED


def snapshots(folder: Path, count: int, largest: int = 25) -> Iterator[Snapshot]:
    for seed in range(count):
        tables = generate(SeededPicker(seed), Traits(largest=largest, user_types=False))
        yield Snapshot.from_tables(tables.write(folder / str(seed)))


def test_dependents_are_as_many_as_are_listed(tmp_path: Path) -> None:
    seen = 0
    for snapshot in snapshots(tmp_path, 60):
        found = attributes(snapshot.system).dependents
        for row in range(snapshot.n_assets):
            (asset,) = snapshot.catalogue.ids([row])
            assert found[row] == len(snapshot.dependents(asset))
            seen += found[row] > 3
    assert seen > 50


def test_dependents_of_more_assets_than_one_block(tmp_path: Path) -> None:
    """Chains of more than 512 assets, so that bit sets of several blocks meet."""
    chains, length = 3, 500
    names = [[f"c{c}/{i}" for i in range(length)] for c in range(chains)]
    assets = "\n".join(["id,kind", "top,bus", *(f"{name},bus" for chain in names for name in chain)])
    rows = [f"{a},POWERS,{b}" for chain in names for a, b in itertools.pairwise(chain)]
    rows += [f"top,POWERS,{chain[0]}" for chain in names] + [f"{names[0][100]},POWERS,{names[1][400]}"]
    (tmp_path / "assets.csv").write_text(assets + "\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("\n".join(["from,type,to", *rows]) + "\n", encoding="utf-8")
    snapshot = Snapshot.from_tables(tmp_path)
    found = attributes(snapshot.system).dependents
    assert found[snapshot.catalogue.row("top")] == chains * length
    assert found[snapshot.catalogue.row("c0/0")] == length - 1 + 100
    assert found[snapshot.catalogue.row("c2/10")] == length - 11


def test_losses_are_those_of_the_steady_answer(tmp_path: Path) -> None:
    for snapshot in snapshots(tmp_path, 40):
        found, before = attributes(snapshot.system).losses, snapshot.steady([])
        for row in range(snapshot.n_assets):
            (asset,) = snapshot.catalogue.ids([row])
            expected = len(before) - len(snapshot.steady([asset])) - 1 if asset in before else 0
            assert found[row] == expected


def test_states_and_redundancy_follow_their_definitions(tmp_path: Path) -> None:
    seen = set()
    for snapshot in snapshots(tmp_path, 60):
        made = attributes(snapshot.system)
        down = set(snapshot.baseline_down())
        for row in range(snapshot.n_assets):
            (asset,) = snapshot.catalogue.ids([row])
            state = STATES[made.state[row]]
            served = bool(snapshot.arrays.in_service[row])
            assert state == ("out_of_service" if not served else "down" if asset in down else "operating")
            word = REDUNDANCIES[made.redundancy[row]]
            seen.add(word)
            outage = [gate for gate in snapshot.gates(asset) if gate["effect"] == "outage"]
            if state != "operating":
                assert word == state
            elif not outage:
                assert word == "source"
            elif made.spare[row] == NOT_COUNTED:
                assert word == "undivided"
            else:
                assert word == ("spare" if made.spare[row] > 0 else "none")
    assert seen == set(REDUNDANCIES)


def test_a_spare_supplier_may_be_lost_and_no_other(tmp_path: Path) -> None:
    """Where ``spare_min`` is 0, some single supplier's loss takes the asset down, and with one to spare none does."""
    checked = {True: 0, False: 0}
    for snapshot in snapshots(tmp_path, 60):
        made, gates = attributes(snapshot.system), snapshot.arrays.gates
        works = snapshot.steady([])
        for row in range(snapshot.n_assets):
            (asset,) = snapshot.catalogue.ids([row])
            own = range(int(gates.own_ptr[row]), int(gates.own_ptr[row + 1]))
            if asset not in works or any(gates.mesh[g] or gates.joined[g] or snapshot.arrays.need_all[g] for g in own):
                continue
            members = {m for g in own if not gates.degrade[g] for m in gates.member[gates.ptr[g] : gates.ptr[g + 1]]}
            if not members or any(snapshot.arrays.standby[m] for m in members):
                continue
            fatal = any(asset not in snapshot.steady(snapshot.catalogue.ids([m])) for m in sorted(members))
            if made.spare[row] == 0:
                assert fatal
            checked[fatal] += 1
    assert checked[True] > 20


def test_the_upstream_substation_is_the_nearest_one(tmp_path: Path) -> None:
    assets = ["id,kind", "far,substation", "near,substation", "a,bus", "b,bus", "c,bus", "alone,bus", "tie,bus"]
    links = ["from,type,to", "far,CONTAINS,a", "a,POWERS,b", "near,CONTAINS,b", "b,POWERS,c", "far,CONTAINS,tie",
             "near,CONTAINS,tie"]  # fmt: skip
    (tmp_path / "assets.csv").write_text("\n".join(assets) + "\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("\n".join(links) + "\n", encoding="utf-8")
    snapshot = Snapshot.from_tables(tmp_path)
    found = attributes(snapshot.system).substation
    told = {}
    for name in ("far", "near", "a", "b", "c", "alone", "tie"):
        row = found[snapshot.catalogue.row(name)]
        told[name] = None if row < 0 else snapshot.catalogue.ids([row])[0]
    assert told == {"far": None, "near": None, "a": "far", "b": "near", "c": "near", "alone": None, "tie": "far"}


@pytest.mark.parametrize("seed", range(30))
def test_the_upstream_substation_is_as_near_as_dependents_say(tmp_path: Path, seed: int) -> None:
    tables = generate(SeededPicker(seed), Traits(largest=25, user_types=False))
    for number, row in enumerate(tables.assets):
        if row["kind"] == "site" and number % 2:
            row["kind"] = "substation"
    snapshot = Snapshot.from_tables(tables.write(tmp_path))
    stations = [row["id"] for row in tables.assets if row["kind"] == "substation"]
    hops = {s: {row["id"]: row["hop"] for row in snapshot.dependents(s)} for s in stations}
    found = attributes(snapshot.system).substation
    for row in range(snapshot.n_assets):
        (asset,) = snapshot.catalogue.ids([row])
        near = min((hops[s][asset] for s in stations if asset in hops[s]), default=None)
        if asset in stations or near is None:
            assert found[row] == -1
        else:
            (chosen,) = snapshot.catalogue.ids([found[row]])
            first = next(s for s in stations if hops[s].get(asset) == near)
            assert chosen == first
