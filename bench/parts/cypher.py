"""Small cones of dependents: our search beside Neo4j's own Cypher on the same data."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import neo4j
import numpy as np

from bench.clock import Contestant, Wrong, interleaved, load
from bench.parts import QUICK, Scale
from bench.product import Reach
from bench.result import Result
from bench.system import System
from twin import Snapshot

ASSETS = 50_000
SIZES = (5, 90, 370)
#: Kinds of the grid mesh.
MESHED = ("bus", "power_line", "transformer")
#: Assets among which cones of the wanted size are looked for.
LOOKED_AT = 20_000


def measure(scale: Scale) -> Iterator[Result]:
    """Cones of each size below the meshes, on a store that the product filled."""
    from bench import store

    n = 5_000 if scale == QUICK else ASSETS
    with tempfile.TemporaryDirectory() as name, store.server() as made:
        folder = Path(name)
        System(n).write(folder)
        made.wipe()
        store.ours(made.store, folder)
        snapshot = Snapshot.from_tables(folder)
        search = Reach(snapshot.arrays)
        version = made.store.version()
        with made.driver.session(database="neo4j") as session:
            for size in SIZES:
                yield _one(snapshot, search, session, size, f"Neo4j {version}")


def _one(snapshot: Snapshot, search: Reach, session: neo4j.Session, size: int, version: str) -> Result:
    from bench import store

    before = load()
    seeds = _cones(snapshot, search, size)
    cones = [_assets(snapshot, search, seed) for seed in seeds]
    ids = [f"{store.SOURCE}:{name}" for name in snapshot.catalogue.ids(np.array(seeds))]
    text = store.QUERIES.get("bench.dependents").text

    def ours() -> list[int]:
        return [len(search.rows(seed)) for _ in range(20) for seed in seeds]

    def cypher() -> list[int]:
        return [session.run(text, id=name).single(strict=True)["count"] for name in ids]

    def checked(found: list[int]) -> None:
        if found != cones:
            raise Wrong(f"{version} counts {found}, ours {cones}")

    made = interleaved(
        [
            Contestant("ours", ours, 20 * len(seeds)),
            Contestant(version, cypher, len(seeds), checked),
        ]
    )
    return Result(
        f"dependents of one asset, {np.median(cones):,.0f} in all",
        f"{snapshot.n_assets:,} assets",
        f"{np.median(cones):,.0f} dependents (median of {len(seeds)} assets)",
        made.pop("ours"),
        list(made.values()),
        notes=["Cypher: distinct assets at the end of directed paths of any length; the answer is one count."],
        before=before,
    )


def _assets(snapshot: Snapshot, search: Reach, seed: int) -> int:
    """Assets reached, without the seed and without carriers."""
    found = search.rows(seed)
    return int((found < snapshot.n_assets).sum()) - 1


def _cones(snapshot: Snapshot, search: Reach, size: int) -> list[int]:
    """Eight assets with about that many dependents, from which no mesh is reached."""
    kind = snapshot.arrays.assets["kind"].to_pylist()
    meshed = np.array([name in MESHED for name in kind])
    seeds = np.random.default_rng(size).permutation(snapshot.n_assets)[:LOOKED_AT]
    sizes = np.full(len(seeds), 1 << 30)
    for place, seed in enumerate(seeds.tolist()):
        rows = search.rows(seed)
        if (rows < snapshot.n_assets).all() and not meshed[rows].any():
            sizes[place] = len(rows) - 1
    nearest = np.argsort(np.abs(sizes - size), kind="stable")[:8]
    return [int(seeds[place]) for place in nearest]
