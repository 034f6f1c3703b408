"""Snapshot, twin over a store and twin over HTTP: the same methods, and answers that come back from plain data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from twin import Event, Random, RemoteTwin, Snapshot, Twin
from twin.display import Answer, Findings
from twin.errors import InvalidParameter
from twin.impact.cutsets.answer import cut_sets
from twin.impact.failures.exposed import Options as Exposing
from twin.impact.failures.nminus import criticality
from twin.impact.failures.screen import Options as Screening
from twin.impact.failures.single import single_points
from twin.impact.paths import Question
from twin.impact.reach import named_walk
from twin.model import Finding, Origin, Reject
from twin.remote.questions import RemoteQuestions
from twin.service.questions import Questions

#: What needs the store itself.
STORE_ONLY = {"connect", "open", "current", "import_", "snapshot"}
#: What a server keeps and does by itself, each in an object of its own.
SERVER_ONLY = {"jobs", "library", "subscriptions", "uploads"}


def public(cls: type) -> dict[str, Any]:
    """Public members by name."""
    return {name: getattr(cls, name) for name in dir(cls) if not name.startswith("_")}


def signature(member: Any) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults of the parameters."""
    if not callable(member):
        return []
    return [(p.name, p.kind, p.default) for p in inspect.signature(member).parameters.values()]


def test_a_twin_over_a_store_and_one_over_http_have_the_same_methods() -> None:
    store, remote = public(Twin), public(RemoteTwin)
    assert store.keys() - remote.keys() == STORE_ONLY
    assert remote.keys() - store.keys() == SERVER_ONLY
    both = remote.keys() & store.keys()
    assert [name for name in sorted(both) if signature(remote[name]) != signature(store[name])] == []
    assert {name: type(remote[name]) for name in both} == {name: type(store[name]) for name in both}


def test_annotations_of_questions_agree() -> None:
    for name, member in public(RemoteQuestions).items():
        if callable(member):
            here, there = inspect.signature(member), inspect.signature(getattr(Questions, name))
            assert str(here) == str(there), name


#: Where ``**how`` of a method of Snapshot leads.
LEADS: dict[str, Any] = {
    "criticality": criticality,
    "single_points_of_failure": single_points,
    "exposed": Exposing,
    "screen": Screening,
    "cut_sets": cut_sets,
    "paths": Question,
    "dependencies": named_walk,
    "dependents": named_walk,
}
#: Methods whose parameters differ, and why: a snapshot is given masks for ``reach``; its vocabulary is in its arrays.
DIFFERENT = {"reach", "schema"}


@pytest.mark.parametrize("name", sorted(set(public(Questions)) - STORE_ONLY - DIFFERENT))
def test_a_snapshot_takes_what_a_twin_takes(name: str) -> None:
    member, own = getattr(Questions, name), getattr(Snapshot, name)
    if not callable(member):
        assert not callable(own)
        return
    taken = dict(inspect.signature(own).parameters)
    if name in LEADS:
        taken = {**inspect.signature(LEADS[name]).parameters, **taken}
    for parameter in inspect.signature(member).parameters.values():
        assert parameter.name in taken, f"{name}: {parameter.name}"
        assert taken[parameter.name].default == parameter.default, f"{name}: {parameter.name}"


ANSWERS: dict[str, Callable[[Snapshot], Answer]] = {
    "find": lambda s: s.find("b"),
    "dependencies": lambda s: s.dependencies("srv"),
    "dependents": lambda s: s.dependents("plant"),
    "impact": lambda s: s.impact(["bus"], horizon_s=600),
    "timeline": lambda s: s.timeline(["bus"]),
    "explain": lambda s: s.explain("job", ["bus"]),
    "compare": lambda s: s.compare(["bus"], ["ups"]),
    "criticality": lambda s: s.criticality(pairs=True),
    "criticality, no pairs": lambda s: s.criticality("kind:server", top=2),
    "single points": lambda s: s.single_points_of_failure("job"),
    "exposed": lambda s: s.exposed(["ups"]),
    "cut sets": lambda s: s.cut_sets("job", 2, probabilities={"ups": 0.1}),
    "paths": lambda s: s.paths("plant", "far"),
    "mesh": lambda s: s.mesh("power"),
    "dominators": lambda s: s.dominators(),
    "cold start": lambda s: s.cold_start(),
    "deadlocks": lambda s: s.deadlocks(),
    "findings": lambda s: s.findings,
    "completeness": lambda s: s.completeness(),
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "assets.csv").write_text(
        "id,kind,name,lon,lat,wkt,ride_through_power_s\n"
        "plant,power_plant,Plant,13.3,52.6,,\nbus,bus,Bus,13.31,52.6,,\n"
        'wire,power_line,Wire,,,"LINESTRING (13.31 52.6, 13.4 52.5)",\nfar,bus,Far bus,13.4,52.5,,\n'
        "ups,ups,UPS,13.4,52.5,,900\nsrv,server,Server,13.4,52.5,,\njob,workload,Job,,,,\nlone,bus,,1,1,,\n"
        "rtu,rtu,RTU,13.31,52.6,,\n",
        encoding="utf-8",
    )
    (folder / "links.csv").write_text(
        "from,type,to,group,need\nplant,POWERS,bus,,\nbus,CONDUCTS,wire,,\nwire,CONDUCTS,far,,\nfar,POWERS,ups,,\n"
        "ups,POWERS,srv,,\nsrv,HOSTS,job,,\nbus,POWERS,rtu,,\nrtu,CONTROLS,bus,,\n",
        encoding="utf-8",
    )
    return Snapshot.from_tables(folder)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_comes_back_from_its_plain_form(snapshot: Snapshot, name: str) -> None:
    answer = ANSWERS[name](snapshot)
    assert answer.to_dict()
    back = type(answer).from_dict(answer.to_dict())
    assert type(back) is type(answer)
    assert back == answer
    assert back.to_dict() == answer.to_dict()


def test_a_screen_comes_back_with_its_ids_as_plain_text(snapshot: Snapshot) -> None:
    answer = snapshot.screen(Random(4, 1, failures=2), often=True)
    back = type(answer).from_dict(answer.to_dict())
    assert back.table.column_names == answer.table.column_names
    assert back.often == answer.often
    assert back.to_dict() == answer.to_dict()


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_a_table_a_layer_a_graph_and_a_line(snapshot: Snapshot, name: str) -> None:
    answer = ANSWERS[name](snapshot)
    table, layer, graph = answer.to_arrow(), answer.to_geodataframe(), answer.to_networkx()
    assert table.num_rows == len(layer)
    assert layer.crs == "EPSG:4326"
    assert graph.graph["question"] == answer.QUESTION
    assert repr(answer).startswith(f"<{type(answer).__name__}: ")
    assert "\n" not in repr(answer)
    assert len(repr(answer)) < 200


def test_an_answer_without_a_twin_has_no_layer(snapshot: Snapshot) -> None:
    back = type(snapshot.impact(["bus"])).from_dict(snapshot.impact(["bus"]).to_dict())
    with pytest.raises(InvalidParameter, match="does not know where"):
        back.to_geodataframe()
    layer = back.placed(snapshot.where).to_geodataframe()
    assert layer.equals(snapshot.impact(["bus"]).to_geodataframe())


def test_what_a_layer_and_a_graph_hold(snapshot: Snapshot) -> None:
    result = snapshot.impact(["bus"])
    layer, graph = result.to_geodataframe(), result.to_networkx()
    assert list(layer["id"]) == [row["id"] for row in result.affected]
    assert layer.set_index("id").geometry["wire"].geom_type == "LineString"
    assert layer.set_index("id").geometry["job"] is None
    assert graph.nodes["srv"]["verdict"] == "down"
    assert graph.has_edge("ups", "srv")
    assert graph.edges["ups", "srv"]["service"] == "power"
    assert not graph.has_edge("srv", "ups")
    up, down = snapshot.dependencies("srv").to_networkx(), snapshot.dependents("plant").to_networkx()
    assert up.has_edge("ups", "srv")
    assert down.has_edge("plant", "bus")
    assert snapshot.paths("plant", "far").to_networkx().has_edge("plant", "bus")
    sets = snapshot.cut_sets("job", 1).to_geodataframe()
    assert set(sets.geometry.dropna().geom_type) == {"MultiPoint"}


def test_findings_and_rejects_come_back() -> None:
    for origin in (None, Origin("a.csv"), Origin("a.csv", 3), Origin("C:/x/a.csv", 3, "need"), Origin("a", 1, "b:c")):
        finding = Finding("code", "error", "what", "do", ("a", "b"), 2, origin)
        assert Findings.from_dict(Findings([finding]).to_dict()) == [finding]
    reject = Reject(Origin("a.csv", 3, "need"), "code", "what", "do")
    assert Reject.from_dict(reject.to_dict()) == reject


def test_an_event_is_one_of_three_entry_points(snapshot: Snapshot) -> None:
    assert snapshot.impact(Event(where="kind=ups")).event["failed"] == ["ups"]
