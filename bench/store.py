"""Import and snapshot rates on a real Neo4j of our own, beside a bare ``UNWIND MERGE`` of the same rows."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import neo4j

from bench.report import Line, median, number, timed
from bench.system import System
from twin.ingest.digest import store_digest
from twin.ingest.manifest import single
from twin.ingest.planner import Flags
from twin.ingest.run import run_import
from twin.schema import default_schema
from twin.snapshot.build import build
from twin.store import Endpoint, LocalServer, Store
from twin.store.catalogue import Catalogue
from twin.store.read import read_tables

QUERIES = Catalogue.load([Path(__file__).parent / "cypher"])
SOURCE = "bench"
BATCH = 10_000
SCHEMA = default_schema()

#: Least share of the bare rate, least speed-up of an unchanged import, most seconds for 1M assets and 3M links,
#: most memory of the importing process.
SHARE, SPEED_UP, SNAPSHOT_S, MEMORY_MB = 0.8, 10.0, 15.0, 2000.0
#: How many times as fast as our own import over Bolt the bulk way is at least.
BULK = 2.5


class Server:
    """A Neo4j of our own with a store on it, and a bare driver beside it."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Args: endpoint: of a running server."""
        self.endpoint = endpoint
        self.store = Store(endpoint.uri, endpoint.user, endpoint.password)
        self.driver = neo4j.GraphDatabase.driver(endpoint.uri, auth=(endpoint.user, endpoint.password))

    def wipe(self) -> None:
        """Remove everything and make constraints and indexes anew."""
        with self.driver.session(database="neo4j") as session:
            session.run(QUERIES.get("bench.wipe").text).consume()
        self.store.prepare(SCHEMA)

    def counted(self) -> tuple[int, int]:
        """Assets and links in the store."""
        with self.driver.session(database="neo4j") as session:
            row = session.run(QUERIES.get("bench.count").text).single(strict=True)
            return row["assets"], row["links"]

    def close(self) -> None:
        """Close all connections."""
        self.store.close()
        self.driver.close()


@contextmanager
def server() -> Iterator[Server]:
    """A running server in a temporary folder; everything is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        local = LocalServer(Path(folder))
        made = Server(local.ensure())
        try:
            yield made
        finally:
            made.close()
            local.purge()


def ours(store: Store, folder: Path, bulk: LocalServer | None = None, **flags: bool) -> tuple[float, Any]:
    """Seconds of one import by the product, from the CSV files to the published revision."""
    with tempfile.TemporaryDirectory() as reports:
        manifest = single("tables", SOURCE, folder)
        how: dict[str, Any] = {"reports": Path(reports), "flags": Flags(**flags), "bulk": bulk}
        return timed(run_import, store, SCHEMA, manifest, **how)


def plain_rows(system: System) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The same rows as plain parameters, the properties of book-keeping included: assets by kind, links by type."""
    kept = {"source": SOURCE, "run": "20261123-000000-0000", "hash": "0123456789abcdef"}
    assets: dict[str, list[Any]] = {}
    for ord_, row in enumerate(system.assets().to_pylist()):
        given = {k: v for k, v in row.items() if v is not None and k not in ("lon", "lat")}
        domain = SCHEMA.kinds[row["kind"]].domain
        given |= {"id": f"{SOURCE}:{row['id']}", "native_id": row["id"], "domain": domain, "ord": ord_, **kept}
        assets.setdefault(row["kind"], []).append({"lon": row["lon"], "lat": row["lat"], "properties": given})
    links: dict[str, list[Any]] = {}
    for place, row in enumerate(system.link_table().to_pylist()):
        given = {"key": f"{place:020x}", **kept} | {k: row[k] for k in ("group", "need") if row[k]}
        ends = {"from": f"{SOURCE}:{row['from']}", "to": f"{SOURCE}:{row['to']}"}
        links.setdefault(row["type"], []).append({**ends, "properties": given})
    return assets, links


def bare(made: Server, assets: dict[str, list[Any]], links: dict[str, list[Any]]) -> None:
    """Write the rows with one MERGE each, ten thousand a transaction: no validation, no plan, no way back."""
    with made.driver.session(database="neo4j") as session:
        for kind, rows in assets.items():
            labels = [SCHEMA.domains[SCHEMA.kinds[kind].domain].label, SCHEMA.kinds[kind].label]
            text = QUERIES.get("bench.merge_assets").text
            for start in range(0, len(rows), BATCH):
                session.execute_write(_run, text, {"labels": labels, "rows": rows[start : start + BATCH]})
        for kind, rows in links.items():
            text = QUERIES.get("bench.merge_links").named(type=kind).text
            for start in range(0, len(rows), BATCH):
                session.execute_write(_run, text, {"rows": rows[start : start + BATCH]})


def _run(tx: neo4j.ManagedTransaction, text: str, params: dict[str, Any]) -> None:
    tx.run(text, params).consume()


def measure_import(made: Server, n: int, repeats: int) -> Iterator[Line]:
    """Import rates of both, in turn; then the same import again, and again with one row changed."""
    size = f"{n:,} assets, {3 * n:,} links"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm = System(2_000, seed=2)
        warm.write(folder / "warm")
        for _ in range(2):
            made.wipe()
            ours(made.store, folder / "warm")
            made.wipe()
            bare(made, *plain_rows(warm))
        system = System(n)
        system.write(folder)
        rows = plain_rows(system)
        took: dict[str, list[float]] = {"ours": [], "bare": []}
        for turn in range(repeats):
            for who in ("ours", "bare") if turn % 2 == 0 else ("bare", "ours"):
                made.wipe()
                took[who].append(ours(made.store, folder)[0] if who == "ours" else timed(bare, made, *rows)[0])
                if made.counted() != (n, 3 * n):
                    raise RuntimeError(f"{who} wrote {made.counted()}")
        rate, plain = 4 * n / median(took["ours"]), 4 * n / median(took["bare"])
        beside = f"bare UNWIND MERGE {number(plain)} rows/s; medians of {repeats}"
        yield Line("import, validated", size, rate, "rows/s", beside, SHARE, judged=rate / plain)
        made.wipe()
        yield from _again(made, folder, size)


def _again(made: Server, folder: Path, size: str) -> Iterator[Line]:
    first, _ = ours(made.store, folder)
    same, report = ours(made.store, folder)
    if report.status != "unchanged":
        raise RuntimeError(f"an unchanged import was {report.status}")
    beside = f"first import {first:.1f} s"
    yield Line("import again, files unchanged", size, same, "s", beside, SPEED_UP, judged=first / same)
    full, report = ours(made.store, folder, full=True)
    yield Line("import again, every row compared", size, full, "s", beside, judged=first / full)
    path = folder / "assets.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Number server-0", "Number zero"), encoding="utf-8")
    one, report = ours(made.store, folder)
    if report.plan["sources"][0]["assets"]["update"] != 1:
        raise RuntimeError(f"one row changed, but the plan was {report.plan}")
    yield Line("import again, one row changed", size, one, "s", beside, judged=first / one)


def measure_bulk(n: int) -> Iterator[Line]:
    """The bulk way beside our own import over Bolt and a bare MERGE, each into an empty store of its own.

    All from the files (bare: from the rows) to constraints that are online, which for the bulk way takes a stop and a
    start of the server; the first two write the same twin, digest by digest.
    """
    took: dict[str, float] = {}
    digests: set[str] = set()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory(prefix="twin-bench-") as home:
        system = System(n)
        system.write(Path(name))
        for way in ("bolt", "bulk", "bare"):
            local = LocalServer(Path(home) / way)
            made = Server(local.ensure())
            try:
                made.store.prepare(SCHEMA)
                if way == "bare":
                    took[way], _ = timed(bare, made, *plain_rows(system))
                    continue
                took[way], _ = ours(made.store, Path(name), local if way == "bulk" else None)
                with Store(*_login(local)) as store:
                    digests.add(store_digest(store))
            finally:
                made.close()
                local.purge()
    if len(digests) != 1:
        raise RuntimeError(f"the two ways wrote different twins: {digests}")
    beside = (
        f"over Bolt {took['bolt']:.0f} s; bare UNWIND MERGE {took['bare']:.0f} s ({took['bare'] / took['bulk']:.1f} x)"
    )
    size = f"{n:,} assets, {3 * n:,} links"
    floor = BULK if n == 1_000_000 else None  # stopping and starting the server is most of a small load
    yield Line("first import, the bulk way", size, took["bulk"], "s", beside, floor, judged=took["bolt"] / took["bulk"])


def _login(local: LocalServer) -> tuple[str, str, str]:
    """Address, user and password: the bulk way starts the server anew, at another port."""
    found = local.endpoint()
    return found.uri, found.user, found.password


def measure_snapshot(made: Server, n: int) -> Iterator[Line]:
    """Import *n* assets in a process of its own (for its memory), then read the whole graph into a snapshot."""
    made.wipe()
    size = f"{n:,} assets, {3 * n:,} links"
    with tempfile.TemporaryDirectory() as name:
        System(n).write(Path(name))
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            seconds, megabytes = pool.submit(import_apart, made.endpoint, name).result()
    yield Line("import, in a process of its own", size, 4 * n / seconds, "rows/s")
    yield Line("most memory of that process", size, megabytes, "MB", floor=MEMORY_MB, at_most=True)
    reading, tables = timed(read_tables, made.store, SCHEMA)
    building, _ = timed(build, *tables, SCHEMA)
    total = reading + building
    floor = SNAPSHOT_S if n == 1_000_000 else None
    beside = f"{number(4 * n / total)} rows/s; read {reading:.1f} s, build {building:.1f} s"
    yield Line("snapshot out of Neo4j", size, total, "s", beside, floor, at_most=True)


def import_apart(endpoint: Endpoint, folder: str) -> tuple[float, float]:
    """Seconds of an import, and the most memory that this process ever had, megabytes."""
    with Store(endpoint.uri, endpoint.user, endpoint.password) as store:
        seconds, _ = ours(store, Path(folder))
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
