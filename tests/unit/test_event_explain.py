"""Explanations: sentences, chains and graphs for every verdict; every proof stands before the independent checker."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.checker import check
from tests.reference.system import System
from tests.unit.event_tools import H, behind_a_bus, one_load, snapshot
from tests.unit.strategies import Tables, Traits, systems_with_event
from twin import Snapshot
from twin.errors import InvalidParameter, UnknownAsset


@given(systems_with_event(Traits(user_types=True, largest=14)), st.sampled_from((None, 0, 10, 60)), st.data())
def test_every_proof_is_that_of_the_impact_and_is_whole(
    system: tuple[Tables, list[str]], horizon: float | None, pick: st.DataObject
) -> None:
    made, failed = system
    with tempfile.TemporaryDirectory() as folder:
        snap = Snapshot.from_tables(made.write(Path(folder)), schema=made.schema)
        rules = System.read(folder, made.schema)
    impact = snap.impact(failed, horizon).to_dict()
    entries = {a["id"]: a for a in impact["affected"]}
    idle = set(snap.baseline_down()) | {a.id for a in rules.assets.values() if not a.in_service}
    told = dict(entries)
    for name in pick.draw(st.lists(st.sampled_from(made.ids), min_size=1, max_size=5, unique=True)):
        found = snap.explain(name, failed, horizon).to_dict()
        expected = entries[name]["verdict"] if name in entries else "not_operating" if name in idle else "unaffected"
        assert found["verdict"] == expected
        assert found["sentences"]
        told |= {entry["id"]: entry for entry in found["proof"]}
        assert all(entry == entries[entry["id"]] for entry in found["proof"])
        assert all(entry in impact["rode"] for entry in found["rode"])
        assert whole(found, entries)
        assert graph_is_the_proof(found)
        if expected in ("down", "interrupted"):
            assert found["chain"][0]["at_s"] == entries[name]["time_s"]
            assert found["chain"][-1]["id"] in failed
            members = [
                {m for g in told[step["id"]]["lost"] for m in g["failed_members"]} for step in found["chain"][:1]
            ]
            assert len(found["chain"]) == 1 or found["chain"][1]["id"] in members[0]
    check(rules, {**impact, "affected": list(told.values())}, set(snap.baseline_down()))


def whole(found: dict[str, Any], entries: dict[str, Any]) -> bool:
    """Every affected asset that a proof names is proven in it."""
    proven = {entry["id"] for entry in [*found["proof"], *found["rode"]]}
    lost = (gate for entry in [*found["proof"], *found["rode"]] for gate in entry["lost"])
    return all(m in proven for gate in lost for m in gate["failed_members"] if m in entries)


def graph_is_the_proof(found: dict[str, Any]) -> bool:
    """Edges are the failed members of the proof, and every end is a node."""
    nodes = {node["id"] for node in found["graph"]["nodes"]}
    edges = found["graph"]["edges"]
    failed = [(e["from"], e["to"], e["service"], e["group"]) for e in edges if e["why"] == "failed"]
    expected = [
        (m, entry["id"], gate["service"], gate["group"])
        for entry in [*found["proof"], *found["rode"]]
        for gate in entry["lost"]
        for m in gate["failed_members"]
    ]
    return sorted(failed) == sorted(expected) and all({e["from"], e["to"]} <= nodes for e in edges)


def said(snap: Snapshot, name: str, event: list[str], horizon: float | None = None) -> list[str]:
    return snap.explain(name, event, horizon).sentences


def test_a_drop_is_told_back_to_the_event() -> None:
    sentences = said(behind_a_bus(), "rack", ["mains"])
    assert sentences == [
        "rack is down from 24 h 16 min on.",
        "rack goes down at 24 h 16 min: its power gate has 0 of the 1 it needs (1 in all) without "
        "ups (down since 24 h 16 min).",
        "ups goes down at 24 h 16 min: its power gate has 0 of the 1 it needs (1 in all) without "
        "bus (down since 24 h 1 min); its buffer of 15 min lasted from 24 h 1 min to 24 h 16 min.",
        "bus goes down at 24 h 1 min: its power gate has 0 of the 1 it needs (2 in all) without "
        "mains (in the event), genset (out of fuel since 24 h 1 min).",
        "genset runs out of fuel at 24 h 1 min: called at 0 s by bus, on from 1 min.",
        "mains fails in the event.",
    ]


def test_every_other_verdict_has_its_words() -> None:
    snap = behind_a_bus()
    assert said(snap, "bus", ["mains"], 8 * H)[0] == "bus is interrupted: down from 0 s to 1 min, and back."
    assert said(snap, "rack", ["mains"], 8 * H)[0] == "rack works after 8 h, but will go down at 24 h 16 min."
    assert "it lives on its buffer" in said(snap, "ups", ["mains"], 30)[1]
    assert said(snap, "mains", ["mains"]) == ["mains fails in the event."]
    load = snapshot({"a": {}, "b": {}, "x": {}}, ["a POWERS x", "b POWERS x"])
    assert said(load, "x", ["a"])[1] == (
        "x: its power gate has 1 of the 1 it needs (2 in all) without a (in the event); none is left to spare."
    )
    control = snapshot({"rtu": {}, "x": {}}, ["rtu CONTROLS x"])
    assert said(control, "x", ["rtu"])[0] == "x works, but degraded."
    leaning = snapshot(
        {"mains": {}, "genset": {"standby": "true"}, "load": {}}, ["mains POWERS load", "genset POWERS load"]
    )
    assert "it holds with the standby source genset" in said(leaning, "load", ["mains"])[1]


def test_what_survives_says_with_how_much_to_spare() -> None:
    snap = snapshot({name: {} for name in ("a", "b", "c", "x", "y")}, [f"{m} POWERS x" for m in "abc"] + ["x POWERS y"])
    result = snap.explain("x", ["a"])
    assert result.verdict == "unaffected"
    assert result.sentences[1] == "Its power gate holds: 2 of 3 deliver, 1 needed, 1 to spare; lost: a."
    assert [(g["have"], g["need"], g["size"], g["spare"], g["lost"]) for g in result.gates] == [(2, 1, 3, 1, ["a"])]
    assert said(snap, "y", ["a"])[1:] == [
        "Nothing that its gates count on is lost.",
        "Its power gate holds: 1 of 1 deliver, 1 needed, none to spare.",
    ]
    assert said(snap, "b", ["a"])[1] == "It needs nothing: it is a source."
    assert (
        any("ran on its buffer from 0 s to 1 min" in s for s in said(one_load(), "load", ["mains"], 8 * H)[1:]) is False
    )
    bridged = snapshot(
        {"m": {}, "g": {"standby": "true", "start_delay_s": 5}, "b": {}, "u": {"ride_through_power_s": 60}},
        ["m POWERS b", "g POWERS b", "b POWERS u"],
    )
    assert bridged.explain("u", ["m"]).verdict == "unaffected"
    assert any(
        "ran on its buffer from 0 s to 5 s, which would have lasted to 1 min" in s for s in said(bridged, "u", ["m"])
    )


def test_a_circuit_names_the_spans_that_part_it() -> None:
    ring = snapshot(
        {"a": {}, "b": {}, "s1": {"kind": "span"}, "s2": {"kind": "span"}, "c": {"kind": "circuit"}},
        ["a TRANSPORTS s1", "s1 TRANSPORTS b", "a TRANSPORTS s2", "s2 TRANSPORTS b", "a CONNECTS c", "b CONNECTS c"],
    )
    assert said(ring, "c", ["s1"])[1:] == [
        "Nothing that its gates count on is lost.",
        "Its data gate 'ends' holds: 2 of 2 up and joined, 2 needed, none to spare.",
    ]
    down = said(ring, "c", ["s1", "s2"])
    assert "has 1 joined of the 2 it needs" in down[1]
    assert "s1 (in the event), s2 (in the event)" in down[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x", ["x is not in service (status planned)."]),
        ("y", ["All members of the power gate of y are planned: it never holds."]),
        ("z", ["The power gate of z lacks y.", "All members of the power gate of y are planned: it never holds."]),
        ("k", ["The power gate of k needs 3 of 1 members: it never holds."]),
        ("p", ["these wait for each other and lead back to no source."]),
        ("o", ["The power gate of o lacks w.", "w is not in service (status out_of_service)."]),
    ],
)
def test_why_something_did_not_operate_before(name: str, words: list[str]) -> None:
    snap = snapshot(
        {**{n: {} for n in ("y", "z", "k", "p", "q", "o", "s")}, "x": {"status": "planned"},
         "w": {"status": "out_of_service"}},
        ["x POWERS y", "y POWERS z", "s POWERS k power need=3", "p POWERS q", "q POWERS p", "w POWERS o"],
    )  # fmt: skip
    result = snap.explain(name, ["s"])
    assert result.verdict == "not_operating"
    assert "did not operate before the event" in result.sentences[0]
    assert all(any(word in sentence for sentence in result.sentences) for word in words)
    assert {e["why"] for e in result.graph["edges"]} <= {"lacks"}


def test_the_graph_is_good_for_graphviz() -> None:
    snap = snapshot({'say "x"\\': {"name": "line\nbreak"}, "b": {}}, [])
    assert '"say \\"x\\"\\\\" [label="line\\nbreak\\nfailed"' in snap.explain('say "x"\\', ['say "x"\\']).dot()
    text = behind_a_bus().explain("rack", ["mains"]).dot()
    assert text.startswith("digraph proof {")
    assert '"ups" -> "rack" [label="power 0/1"];' in text
    assert '"bus" -> "genset" [label="called"];' in text


def test_bad_questions_are_told() -> None:
    snap = one_load()
    with pytest.raises(UnknownAsset, match="Did you mean load"):
        snap.explain("lod", ["mains"])
    with pytest.raises(UnknownAsset, match="Did you mean mains"):
        snap.explain("load", ["manis"])
    with pytest.raises(InvalidParameter, match="the event is empty"):
        snap.explain("load", [])
