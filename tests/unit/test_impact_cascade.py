"""The worklist cascade equals the whole fixpoint, and leaves no trace."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tests.unit.strategies import SeededPicker, Traits, event, generate
from twin import Snapshot
from twin.errors import SchemaError
from twin.impact.cascade import Cascade, Standing
from twin.impact.cascade.state import FAR
from twin.impact.system import System
from twin.schema import default_schema, load_schema

SEEDS = 6_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 80
BLOCKS = 5


def snapshot_of(seed: int) -> tuple[Snapshot, list[str]]:
    pick = SeededPicker(seed)
    tables = generate(pick, Traits(user_types=seed % 3 == 0, largest=8 if seed % 2 else 40))
    failed = event(pick, tables)
    with tempfile.TemporaryDirectory() as folder:
        return Snapshot.from_tables(tables.write(Path(folder)), schema=tables.schema), failed


def by_fixpoint(system: System, rows: list[int]) -> list[int]:
    failed = np.zeros(system.n, bool)
    failed[rows] = True
    found: list[int] = np.flatnonzero(system.baseline & ~system.steady(failed)).tolist()
    return found


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_single_failure_and_some_together(block: int) -> None:
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        snapshot, failed = snapshot_of(seed)
        system, cascade = snapshot.system, Cascade(snapshot.system)
        rng = np.random.default_rng(seed)
        events = [[row] for row in range(system.n)]
        events += [rng.choice(system.n, min(system.n, k), replace=False).tolist() for k in (2, 3, 5)]
        events.append([snapshot.catalogue.row(name) for name in failed])
        wanted = [by_fixpoint(system, rows) for rows in events]
        assert [cascade.lost(np.array(rows, np.int32)).tolist() for rows in events] == wanted, f"seed {seed}"
        ptr = np.cumsum([0, *(len(rows) for rows in events)])
        often = np.zeros(system.n, np.int64)
        worth = rng.integers(0, 9, (system.n, 2)).astype(float)
        sums, sizes = cascade.scenarios(ptr, np.concatenate(events), worth)
        group = rng.integers(0, 3, system.n)
        tally = cascade.tally(ptr, np.concatenate(events), group.astype(np.uint8), worth[:, 0], 3, often)
        assert tally.failed.tolist() == [int(system.baseline[list(set(rows))].sum()) for rows in events]
        assert tally.assets.tolist() == [np.bincount(group[rows], minlength=3).tolist() for rows in wanted]
        assert tally.worth.tolist() == [np.bincount(group[rows], worth[rows, 0], 3).tolist() for rows in wanted]
        assert sizes.tolist() == [len(rows) for rows in wanted]
        assert sums.tolist() == [worth[rows].sum(axis=0).tolist() for rows in wanted]
        assert often.tolist() == np.bincount(np.concatenate(wanted).astype(int), minlength=system.n).tolist()
        for state, work in Standing.of(system)._idle:  # everything was taken back
            before = Standing.of(system).state
            for found, wanted_ in zip(state[:5], before[:5], strict=True):
                assert (found == wanted_).all(), f"seed {seed}"
            assert (work.group == -1).all()
            assert (work.hole == -1).all()
            assert work.count[:4].tolist() == [0] * 4
            assert work.count[5] == 0


def test_a_joined_type_is_not_of_a_grounded_service(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[link_types.MEETS]\nservice = "power"\neffect = "outage"\ngroup = "meets"\nneed = "all"\njoined = true\n'
        'on_delete = "remove"\ndescription = "Not possible."\nends = ["* -> *"]\n',
        encoding="utf-8",
    )
    assert not any(t.joined and t.service == "power" for t in default_schema().link_types.values())
    with pytest.raises(SchemaError, match="grounded"):
        load_schema([own])


def circuits_over_a_mesh(seed: int, folder: Path) -> Snapshot:
    """Long trees of routers and spans with some rings, and circuits between two or three routers."""
    rng = np.random.default_rng(seed)
    routers = int(rng.integers(5, 60))
    ends = [(i, int(rng.integers(max(0, i - 8), i))) for i in range(1, routers)]
    ends += [tuple(rng.integers(0, routers, 2).tolist()) for _ in range(int(rng.integers(0, routers)))]
    circuits = [rng.choice(routers, int(rng.integers(2, 4)), replace=False).tolist() for _ in range(40)]
    assets = ["id,kind,name", *(f"t:router/{i},router,r" for i in range(routers))]
    assets += [f"t:span/{i},span,s" for i in range(len(ends))] + [f"t:circuit/{i},circuit,c" for i in range(40)]
    links = ["from,to,type,need"]
    for i, pair in enumerate(ends):
        links += [f"t:router/{end},t:span/{i},TRANSPORTS," for end in set(pair)]
    for i, members in enumerate(circuits):
        need = int(rng.integers(1, len(members) + 1))
        links += [f"t:router/{end},t:circuit/{i},CONNECTS,{need}" for end in members]
    (folder / "assets.csv").write_text("\n".join(assets) + "\n", encoding="utf-8")
    (folder / "links.csv").write_text("\n".join(links) + "\n", encoding="utf-8")
    return Snapshot.from_tables(folder)


def transport_events(snapshot: Snapshot, seed: int, each: int) -> list[list[int]]:
    """Random sets of routers and spans, *each* of several sizes."""
    rng = np.random.default_rng(seed)
    ids = snapshot.catalogue.ids(range(snapshot.system.n))
    transport = [row for row, name in enumerate(ids) if name.startswith(("t:router", "t:span"))]
    sizes = [size for size in (1, 2, 3, 5, 8, 13, 21) for _ in range(each)]
    return [rng.choice(transport, min(size, len(transport)), replace=False).tolist() for size in sizes]


@pytest.mark.parametrize("seed", range(SEEDS // 20))
def test_circuits_over_a_mesh_with_many_holes(seed: int, tmp_path: Path) -> None:
    snapshot = circuits_over_a_mesh(seed, tmp_path)
    system, cascade = snapshot.system, Cascade(snapshot.system)
    parted = 0
    for number, rows in enumerate(transport_events(snapshot, seed, each=10)):
        for _, work in Standing.of(system)._idle:  # every other event: all holes but the first at once
            work.count[FAR] = 32 * (number % 2)
        lost = cascade.lost(np.array(rows, np.int32)).tolist()
        assert lost == by_fixpoint(system, rows), (seed, rows)
        parted += len(lost) > len(rows)
    assert parted
