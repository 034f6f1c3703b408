"""``Twin`` over the real Neo4j: which state it answers from, while things change, and from what folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import neo4j
import pytest

from twin.errors import ApplyInProgress, EmptyTwin, UnknownAsset
from twin.schema import Schema
from twin.service import KEPT, States, Twin
from twin.store import Endpoint, Store

pytestmark = pytest.mark.store

CHAIN = """
UNWIND range(0, $n) AS i
CREATE (a:Asset:Energy:Bus {id: 'lab:b' + i, kind: 'bus', domain: 'energy', name: 'Bus ' + i, source: 'lab',
        native_id: 'b' + i, ord: i, hash: '', run: 'r1', location: point({longitude: 9.0 + i, latitude: 50.0})})
WITH collect(a) AS buses
CREATE (p:Asset:Energy:PowerPlant {id: 'lab:p', kind: 'power_plant', domain: 'energy', name: 'Plant', source: 'lab',
        native_id: 'p', ord: $n + 1, hash: '', run: 'r1'})
WITH buses, p, [p] + buses AS row
UNWIND range(0, size(buses) - 1) AS i
WITH row[i] AS a, row[i + 1] AS b, i
CREATE (a)-[:POWERS {key: toString(i), source: 'lab', hash: '', run: 'r1'}]->(b)
"""
Change = Callable[..., None]


@pytest.fixture
def change(driver: neo4j.Driver, store: Store) -> Change:
    """Runs one statement on the store under test."""

    def run(text: str, **params: object) -> None:
        with driver.session(database="neo4j") as session:
            session.run(text, params).consume()  # type: ignore[arg-type]

    return run


@pytest.fixture
def chain(change: Change) -> Change:
    """A plant and four buses in a row, published as revision 1."""
    change(CHAIN, n=3)
    publish(change, 1)
    return change


@pytest.fixture
def open_twin(endpoint: Endpoint, store: Store, tmp_path: Path) -> Iterator[Callable[[], Twin]]:
    """Opens twins that share one folder, as processes of one user do."""
    opened: list[Twin] = []

    def make() -> Twin:
        opened.append(Twin.connect(endpoint.uri, endpoint.user, endpoint.password, home=tmp_path / "home"))
        return opened[-1]

    yield make
    for twin in opened:
        twin.close()


def publish(change: Change, revision: int) -> None:
    change(
        "MATCH (t:TwinState {id: 'twin'}) SET t += {revision: $revision, next_ord: 100, applying: null}",
        revision=revision,
    )


def test_an_empty_store_is_an_empty_twin(open_twin: Callable[[], Twin]) -> None:
    twin = open_twin()
    with pytest.raises(EmptyTwin, match="Nothing has been imported"):
        twin.snapshot()
    assert twin.runs() == []
    assert twin.status()["revision"] == 0


def test_it_answers_from_the_published_state(open_twin: Callable[[], Twin], chain: Change) -> None:
    twin = open_twin()
    assert twin.asset("lab:b1")["lon"] == 10.0
    assert [row["id"] for row in twin.dependencies("lab:b1")] == ["lab:b0", "lab:p"]
    assert [row["id"] for row in twin.dependents("lab:b1")] == ["lab:b2", "lab:b3"]
    assert twin.impact(["lab:b2"]).summary["energy"] | {"at_risk": 0} == {
        "failed": 1, "down": 1, "interrupted": 0, "degraded": 0, "at_risk": 0,
    }  # fmt: skip
    assert twin.assets(text="plant")[2] == 1
    assert twin.notice is None
    assert twin.status()["snapshot_revision"] == 1
    assert twin.to_geodataframe(twin.assets()[0]).crs.to_epsg() == 4326
    with pytest.raises(UnknownAsset, match="Did you mean"):
        twin.asset("lab:b9")


def test_a_new_revision_is_read_and_the_same_one_is_not(open_twin: Callable[[], Twin], chain: Change) -> None:
    twin = open_twin()
    first = twin.snapshot()
    assert twin.snapshot() is first
    chain("MATCH (b:Bus {id: 'lab:b3'}) SET b.name = 'Renamed'")
    assert twin.asset("lab:b3")["name"] == "Bus 3"
    publish(chain, 2)
    assert twin.asset("lab:b3")["name"] == "Renamed"
    assert first.asset("lab:b3")["name"] == "Bus 3"


def test_a_second_process_opens_the_saved_state(open_twin: Callable[[], Twin], chain: Change, tmp_path: Path) -> None:
    open_twin().snapshot()
    folders = list((tmp_path / "home" / "snapshots").glob("*/*"))
    assert len(folders) == 1
    chain("MATCH (b:Bus {id: 'lab:b3'}) SET b.name = 'Not published'")  # whoever reads the store again would see it
    assert open_twin().asset("lab:b3")["name"] == "Bus 3"


def test_a_damaged_saved_state_is_built_again(open_twin: Callable[[], Twin], chain: Change, tmp_path: Path) -> None:
    open_twin().snapshot()
    folder = next((tmp_path / "home" / "snapshots").glob("*/*"))
    (folder / "arrays.json").write_text("{", encoding="utf-8")
    assert open_twin().snapshot().n_assets == 5
    assert open_twin().snapshot().n_assets == 5


def test_only_the_last_states_are_kept(open_twin: Callable[[], Twin], chain: Change, tmp_path: Path) -> None:
    twin = open_twin()
    for revision in range(1, KEPT + 3):
        publish(chain, revision)
        twin.snapshot()
    names = sorted(path.name for path in (tmp_path / "home" / "snapshots").glob("*/*"))
    assert [int(name.split("-")[0]) for name in names] == list(range(3, KEPT + 3))


def test_during_an_import_the_state_before_it_answers_and_says_so(open_twin: Callable[[], Twin], chain: Change) -> None:
    twin = open_twin()
    twin.snapshot()
    chain("MATCH (t:TwinState) SET t.applying = 'run-7'")
    chain("MATCH (b:Bus {id: 'lab:b3'}) SET b.name = 'Half done'")
    for answering in (twin, open_twin()):  # the second has it from disk
        assert answering.asset("lab:b3")["name"] == "Bus 3"
        assert answering.notice is not None
        assert "run-7" in answering.notice
    publish(chain, 2)
    assert twin.asset("lab:b3")["name"] == "Half done"
    assert twin.notice is None


def test_during_an_import_a_process_without_that_state_says_so(open_twin: Callable[[], Twin], chain: Change) -> None:
    chain("MATCH (t:TwinState) SET t.applying = 'run-7', t.importer = 'elsewhere:1:1'")
    twin = open_twin()
    with pytest.raises(ApplyInProgress, match="run-7") as caught:
        twin.snapshot()
    assert caught.value.extra == {"run": "run-7", "revision": 1}
    assert "resumes" in caught.value.fix


def test_another_store_behind_the_same_address_is_noticed(open_twin: Callable[[], Twin], chain: Change) -> None:
    twin = open_twin()
    first = twin.snapshot()
    chain("MATCH (t:TwinState) SET t.store_id = 'another'")
    chain("MATCH (b:Bus {id: 'lab:b3'}) DETACH DELETE b")
    assert twin.snapshot() is not first
    assert twin.snapshot().n_assets == 4


def test_many_threads_read_a_new_state_once(
    open_twin: Callable[[], Twin], chain: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = open_twin()
    read: list[int] = []
    build = States._from_store

    def counted(self: States, state: object) -> object:
        read.append(1)
        return build(self, state)  # type: ignore[arg-type]

    monkeypatch.setattr(States, "_from_store", counted)
    seen: list[int] = []
    for revision in (1, 2):
        publish(chain, revision)
        gate = threading.Barrier(8)

        def ask(gate: threading.Barrier = gate) -> None:
            gate.wait()
            seen.append(twin.snapshot().revision)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(read) == revision
        assert twin.snapshot().revision == revision
    assert len(seen) == 16
    assert set(seen[:8]) == {1}
    assert set(seen[8:]) <= {1, 2}


def test_a_manifest_is_imported_and_then_asked(open_twin: Callable[[], Twin], tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text("id,kind\nplant,power_plant\nbus,bus\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,type,to\nplant,POWERS,bus\n", encoding="utf-8")
    manifest = tmp_path / "twin.toml"
    manifest.write_text(
        '[twin]\nname = "lab"\n[[import]]\nsource = "lab"\nloader = "tables"\npath = "."\n', encoding="utf-8"
    )
    twin = open_twin()
    assert twin.import_(manifest, dry_run=True).status == "planned"
    assert twin.status()["revision"] == 0
    report = twin.import_(manifest)
    assert (report.status, report.revision) == ("applied", 1)
    assert twin.impact(["lab:plant"]).summary["energy"]["down"] == 1
    assert [run["status"] for run in twin.runs()] == ["applied"]


def test_a_twin_is_opened_by_the_settings_of_the_process(twin_env: Path, chain: Change) -> None:
    with Twin.open() as twin:
        assert twin.home == twin_env
        assert twin.find(kind="bus") == twin.snapshot().find(kind="bus")


def test_a_state_that_moves_while_it_is_read_is_read_again(
    open_twin: Callable[[], Twin], chain: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twin.service import states

    read = states.read_numbered
    moved: list[int] = []

    def moving(store: Store, schema: Schema) -> object:
        found = read(store, schema)
        if not moved:
            moved.append(1)
            chain("MATCH (b:Bus {id: 'lab:b3'}) SET b.name = 'Newer'")
            publish(chain, 2)
        return found

    monkeypatch.setattr(states, "read_numbered", moving)
    twin = open_twin()
    assert twin.snapshot().revision == 2
    assert twin.asset("lab:b3")["name"] == "Newer"
