"""Cold start against the slow reference; places of portable sources against all sets of fewer."""

from __future__ import annotations

import random
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.reference import steady as reference
from tests.reference.system import System as Reference
from tests.unit.failure_tools import random_systems
from tests.unit.strategies import Tables
from twin import Snapshot
from twin.impact.starting.coldstart import Deadlock, cold_start, deadlocks
from twin.impact.starting.kickstart import cores, places


def both(tables: Tables) -> tuple[Snapshot, Reference]:
    with tempfile.TemporaryDirectory() as name:
        folder = tables.write(Path(name))
        return Snapshot.from_tables(folder, schema=tables.schema), Reference.read(folder, tables.schema)


def tangle(seed: int) -> Tables:
    """Workloads that need each other: any or all of one to three others, some on transport."""
    dice = random.Random(seed)
    n = dice.randint(3, 9)
    made = Tables(assets=[{"id": f"w{i}", "kind": "workload", "name": "w"} for i in range(n)])
    for i in range(n):
        need = dice.choice(("any", "all", "all", "2"))
        others = [j for j in range(n) if j != i]
        size = dice.randint(2 if need == "2" else 1, min(3, len(others)))
        for j in dice.sample(others, size):
            made.links.append({"from": f"w{j}", "type": "SERVES", "to": f"w{i}", "group": "", "need": need})
    return made


def check(tables: Tables, where: object) -> list[Deadlock]:
    """The places start the core for good, and no set of fewer does; by the reference alone."""
    snap, ref = both(tables)
    running, rounds = reference.cold_start(ref)
    assert snap.cold_start().rounds == rounds, where
    found = snap.deadlocks()
    for stage in sorted({core.stage for core in found}):
        here = [core for core in found if core.stage == stage]
        for core in here:
            inside = set(core.assets)
            assert set(core.places) <= inside
            assert inside <= reference.cold_start(ref, running | set(core.places))[0], (where, core)
            assert core.exact, where
            assert core.at_least == len(core.places), where
            for size in range(1, len(core.places)):
                for fewer in combinations(core.assets, size):
                    assert not inside <= reference.cold_start(ref, running | set(fewer))[0], (where, fewer)
        running = reference.cold_start(ref, running.union(*(core.assets for core in here)))[0]
    return found


def test_random_systems() -> None:
    met = [core for seed, tables, _ in random_systems(range(250)) for core in check(tables, seed)]
    assert len(met) > 20


def test_tangles_need_more_than_one_place() -> None:
    sizes = [len(core.places) for seed in range(150) for core in check(tangle(seed), seed)]
    assert max(sizes) >= 3
    assert sum(size > 1 for size in sizes) > 20


def test_greedy_places_start_the_core_and_keep_to_the_bound() -> None:
    """With no work to spend the answer says that it is not proven, and is right all the same."""
    proven = 0
    for seed in range(60):
        system = both(tangle(seed))[0].system
        for core in deadlocks(system):
            best = places(system, core)
            for work in (1, 2000):
                quick = places(system, core, max_work=work)
                running = core.running.copy()
                running[quick.rows] = True
                assert cold_start(system, running)[0][core.rows].all(), seed
                assert quick.at_least <= len(best.rows) <= len(quick.rows), seed
                assert not quick.exact or len(quick.rows) == len(best.rows), seed
                proven += quick.exact
    assert proven > 0


@pytest.fixture
def grid_and_telecom(tmp_path: Path) -> Snapshot:
    """Grid and telecom need each other; a data centre needs both (design 4, worked examples)."""
    (tmp_path / "assets.csv").write_text(
        "id,kind\ngrid,bus\nplant,power_plant\ntelecom,exchange\ndc,data_centre\n", encoding="utf-8"
    )
    (tmp_path / "links.csv").write_text(
        "from,type,to,group,need\nplant,POWERS,grid,,\ngrid,POWERS,telecom,,\ntelecom,SERVES,plant,,\n"
        "grid,POWERS,dc,,\ntelecom,SERVES,dc,,\n",
        encoding="utf-8",
    )
    return Snapshot.from_tables(tmp_path)


def test_grid_and_telecom(grid_and_telecom: Snapshot) -> None:
    assert grid_and_telecom.cold_start().started == set()
    assert grid_and_telecom.cold_start().to_dict()["stuck"] == ["dc", "grid", "plant", "telecom"]
    (core,) = grid_and_telecom.deadlocks()
    assert core.assets == ["grid", "plant", "telecom"]
    assert sorted(core.cycle) == core.assets
    assert core.to_dict() == {
        "stage": 1,
        "size": 3,
        "assets": ["grid", "plant", "telecom"],
        "cycle": core.cycle,
        "places": core.places,
        "exact": True,
        "at_least": 1,
    }
    assert len(core.places) == 1


def test_a_large_core_is_answered_within_its_work(tmp_path: Path) -> None:
    """A ring of a thousand: one place, found without trying sets."""
    n = 1000
    assets = "id,kind\n" + "".join(f"w{i},workload\n" for i in range(n))
    links = "from,type,to,group,need\n" + "".join(f"w{i},SERVES,w{(i + 1) % n},,\n" for i in range(n))
    (tmp_path / "assets.csv").write_text(assets, encoding="utf-8")
    (tmp_path / "links.csv").write_text(links, encoding="utf-8")
    snap = Snapshot.from_tables(tmp_path)
    (core,) = snap.deadlocks()
    assert (len(core.assets), len(core.cycle), len(core.places), core.exact) == (n, n, 1, True)
    (cut,) = cores(snap.catalogue, snap.system, max_work=10)
    assert len(cut.places) >= 1
    assert cut.at_least == 1
    assert np.isin(cut.places, cut.assets).all()
