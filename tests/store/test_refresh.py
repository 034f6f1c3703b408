"""A snapshot brought up to date by what changed equals one that was read whole, or is not made at all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import neo4j
import numpy as np
import pytest

from tests.store.ingest_tables import load, write
from twin.ingest.rollback import rollback
from twin.ingest.run import quiet
from twin.schema import Schema
from twin.service import Twin, states
from twin.snapshot.arrays import Arrays
from twin.snapshot.build import build
from twin.store import Endpoint, Store
from twin.store import changes as changes_module
from twin.store.changes import read_changed
from twin.store.read import read_numbered

pytestmark = pytest.mark.store

Row = Sequence[Any]


class Export:
    """Tables of one source that somebody edits at random."""

    def __init__(self, pick: random.Random, folder: Path, source: str) -> None:
        self.pick, self.folder, self.source = pick, folder, source
        self.assets: dict[str, list[Any]] = {}
        self.links: dict[tuple[str, str, str], list[Any]] = {}
        self.fresh = 0
        for _ in range(12):
            self.grow()

    def grow(self) -> None:
        name, kind = f"a{self.fresh}", self.pick.choice(("bus", "bus", "load", "ups", "power_plant"))
        self.fresh += 1
        wkt = "LINESTRING (9 52, 9.1 52)" if self.pick.random() < 0.2 else ""
        place = ["", ""] if wkt or self.pick.random() < 0.3 else [9 + self.fresh / 100, 52]
        self.assets[name] = [name, kind, f"N {self.fresh}", *place, wkt, "", "", ""]

    def edit(self) -> None:
        """One random change; every kind of change happens."""
        pick, names = self.pick, list(self.assets)
        what = pick.choice(
            ("grow", "shrink", "rename", "property", "status", "kind", "link", "link", "unlink", "group")
        )
        name = pick.choice(names)
        if what == "grow" or len(names) < 6:
            self.grow()
        elif what == "shrink":
            del self.assets[name]
            self.links = {key: row for key, row in self.links.items() if name not in (key[0], key[2])}
        elif what == "rename":
            self.assets[name][2] = pick.choice(("", "Other", "Ä"))
        elif what == "property":
            self.assets[name][7] = pick.choice(("", "op 1", "op 2"))
        elif what == "status":
            self.assets[name][8] = pick.choice(("", "planned", "out_of_service"))
        elif what == "kind":
            self.assets[name][1] = "load" if self.assets[name][1] != "load" else "ups"
            self.links = {key: row for key, row in self.links.items() if name not in (key[0], key[2])}
        elif what == "link":
            a, b = pick.choice(names), pick.choice(names)
            if self.assets[a][1] in ("bus", "power_plant", "ups") and self.assets[b][1] != "power_plant" and a != b:
                measures = pick.choice(("", "", 0, 2.5)), pick.choice(("", "", 0.5))
                self.links[a, "POWERS", b] = [a, "POWERS", b, "", "", pick.choice(("", 5)), *measures]
        elif self.links:
            key = pick.choice(list(self.links))
            if what == "unlink":
                del self.links[key]
            else:
                self.links[key][3] = pick.choice(("", "A", "B"))
                self.links[key][5:7] = pick.choice(("", 7)), pick.choice(("", 1.5, 2))

    def load(self, store: Store) -> str | None:
        """Import it; the run, None when nothing changed."""
        write(self.folder / self.source, list(self.assets.values()), list(self.links.values()))
        return load(store, self.folder / self.source, self.source, replace=True, force=True).run


def whole(store: Store, schema: Schema) -> Arrays:
    state = store.state()
    assets, links, place = read_numbered(store, schema)
    told = {"revision": state.revision, "store_id": state.store_id, "state_id": state.state_id}
    return build(assets, links, schema, place=place, file=None, **told)  # type: ignore[arg-type]


def refreshed(store: Store, schema: Schema, base: Arrays) -> Arrays | None:
    state = store.state()
    found = read_changed(store, schema, base, state)
    if found is None:
        return None
    told = {"revision": state.revision, "store_id": state.store_id, "state_id": state.state_id}
    return build(found[0], found[1], schema, place=found[2], file=None, **told)  # type: ignore[arg-type]


def same(one: Arrays, two: Arrays) -> None:
    """Everything that is saved is the same."""
    mine, theirs = ({name: value for name, value, _ in arrays.named()} for arrays in (one, two))
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        assert value.dtype == theirs[name].dtype
        assert np.array_equal(value, theirs[name], equal_nan=value.dtype.kind == "f"), name
    assert one.assets.schema == two.assets.schema
    assert one.assets.equals(two.assets)
    for name in ("revision", "store_id", "state_id", "services", "groups", "link_types", "findings"):
        assert getattr(one, name) == getattr(two, name), name


@pytest.mark.newest
@pytest.mark.parametrize("seed", range(2))
def test_random_edits_deletions_and_rollbacks(
    store: Store, schema: Schema, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_module, "SHARE", 100.0)
    pick = random.Random(seed)
    exports = [Export(pick, tmp_path, source) for source in ("one", "two")]
    for export in exports:
        export.load(store)
    bases, done, refused = [whole(store, schema)], 0, 0
    last: str | None = None
    for _ in range(12):
        export = pick.choice(exports)
        rolled_back = last is not None and pick.random() < 0.2
        if rolled_back:
            rollback(store, str(last), quiet)
            last = None
        else:
            for _ in range(pick.randint(1, 6)):
                export.edit()
            last = export.load(store)
        now = whole(store, schema)
        for age, base in enumerate(reversed(bases[-4:]), 1):
            found = refreshed(store, schema, base)
            if rolled_back:
                assert found is None
                refused += 1
            elif found is not None:
                same(found, now)
                done += 1
            elif age == 1 and base.state_id != now.state_id:
                raise AssertionError("one import after the other is known exactly")
        bases = [*bases, now]
    assert done > 10
    assert refused or seed != 0


def test_another_history_with_the_same_numbers_is_read_whole(
    store: Store, driver: neo4j.Driver, schema: Schema, tmp_path: Path
) -> None:
    """A backup that was put back reaches the same revisions with other data."""
    export = Export(random.Random(5), tmp_path, "one")
    export.load(store)
    base = whole(store, schema)
    driver.execute_query("MATCH (t:TwinState) SET t.state_id = 'another'", database_="neo4j")
    export.grow()
    export.load(store)
    assert refreshed(store, schema, base) is None
    base = whole(store, schema)
    export.grow()
    export.load(store)
    found = refreshed(store, schema, base)
    assert found is None or same(found, whole(store, schema)) is None


def test_what_somebody_else_wrote_is_noticed_by_its_number(
    store: Store, driver: neo4j.Driver, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_module, "SHARE", 100.0)
    export = Export(random.Random(6), tmp_path, "one")
    export.load(store)
    base = whole(store, schema)
    export.grow()
    export.load(store)
    assert refreshed(store, schema, base) is not None
    driver.execute_query("MATCH (a:Asset {id: 'one:a3'}) DETACH DELETE a", database_="neo4j")
    assert refreshed(store, schema, base) is None


def test_a_purged_or_large_history_is_read_whole(
    store: Store, driver: neo4j.Driver, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = Export(random.Random(7), tmp_path, "one")
    export.load(store)
    base = whole(store, schema)
    for _ in range(9):
        export.grow()
    export.load(store)
    assert refreshed(store, schema, base) is None  # more than a fifth of it is new
    monkeypatch.setattr(changes_module, "SHARE", 100.0)
    assert refreshed(store, schema, base) is not None
    driver.execute_query("MATCH (r:ImportRun) SET r.purged = true", database_="neo4j")
    assert refreshed(store, schema, base) is None


def test_a_twin_refreshes_from_memory_and_from_disk(
    endpoint: Endpoint, store: Store, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_module, "SHARE", 100.0)
    export = Export(random.Random(8), tmp_path, "one")
    export.load(store)
    connect = (endpoint.uri, endpoint.user, endpoint.password)
    with (
        Twin.connect(*connect, home=tmp_path / "home") as first,
        Twin.connect(*connect, home=tmp_path / "home") as second,
    ):
        first.snapshot()

        def refused(*_: object) -> None:
            raise AssertionError("everything was read")

        monkeypatch.setattr(states, "read_numbered", refused)
        for twin in (first, second):
            export.assets["a1"][2] = f"Changed {id(twin)}"
            export.load(store)
            assert twin.asset("one:a1")["name"] == f"Changed {id(twin)}"
        same(second.snapshot().arrays, whole(store, schema))
