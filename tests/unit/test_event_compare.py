"""Two events side by side, held against the two impacts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.event_tools import MIN, H, behind_a_bus, read
from tests.unit.strategies import Tables, Traits, systems_with_event
from twin import Snapshot
from twin.errors import InvalidParameter
from twin.impact.events.compare import SEVERITY
from twin.impact.events.event import Event


@given(systems_with_event(Traits(user_types=True)), st.data(), st.sampled_from((None, 0, 30)))
def test_compare_is_the_two_impacts(
    system: tuple[Tables, list[str]], data: st.DataObject, horizon: float | None
) -> None:
    made, a = system
    b = data.draw(st.lists(st.sampled_from(made.ids), min_size=1, max_size=3))
    snap = read(made)
    result = snap.compare(a, b, horizon)
    in_a, in_b = ({e["id"]: e for e in snap.impact(x, horizon).affected} for x in (a, b))
    assert [e["id"] for e in result.only_a] == [i for i in in_a if i not in in_b]
    assert [e["id"] for e in result.only_b] == [i for i in in_b if i not in in_a]
    assert [e["id"] for e in result.both] == [i for i in in_a if i in in_b]
    for entry in [*result.only_a, *result.only_b]:
        assert entry["verdict"] == (in_a | in_b)[entry["id"]]["verdict"]
    for pair in result.both:
        one, other = in_a[pair["id"]], in_b[pair["id"]]
        assert (pair["a"]["verdict"], pair["b"]["outages"]) == (one["verdict"], other["outages"])
        rank = [(SEVERITY[e["verdict"]], e["time_s"]) for e in (one, other)]
        if rank[0] != rank[1]:
            assert pair["worse_in"] == ("a" if rank[0] < rank[1] else "b")
        elif one["outages"] == other["outages"]:
            assert pair["worse_in"] is None
    assert len(result.rows()) == len(set(in_a) | set(in_b))
    for domain, counts in result.summary.items():
        for verdict, of in counts.items():
            tallies = [
                sum(e["domain"] == domain and e["verdict"] == verdict for e in found.values()) for found in (in_a, in_b)
            ]
            assert of == {"a": tallies[0], "b": tallies[1], "delta": tallies[1] - tallies[0]}
    mirrored = snap.compare(b, a, horizon)
    assert [e["id"] for e in mirrored.only_a] == [e["id"] for e in result.only_b]
    assert mirrored.counts["worse_in_b"] == result.counts["worse_in_a"]


def test_the_same_event_twice_is_alike() -> None:
    result = behind_a_bus().compare(["mains"], ["mains"], 8 * H)
    assert result.counts == {"only_a": 0, "only_b": 0, "both": 4, "same": 4, "worse_in_a": 0, "worse_in_b": 0}


def test_mains_alone_against_mains_and_genset() -> None:
    result = behind_a_bus().compare(["mains"], ["mains", "genset"])
    assert [e["id"] for e in result.only_b] == ["genset"]
    rack = next(pair for pair in result.both if pair["id"] == "rack")
    assert (rack["worse_in"], rack["delta_s"]) == ("b", 15 * MIN - (24 * H + 16 * MIN))
    row = next(row for row in result.rows() if row["id"] == "genset")
    assert (row["affected_by"], row["verdict_a"], row["verdict_b"]) == ("b", "unaffected", "failed")


def test_capacity_is_compared_per_domain(tmp_path: Path) -> None:
    rows = ["id,kind,demand_mw,gpus", "a,load,5,", "b,load,7.5,", "s,server,,8", "v,vm,,4"]
    (tmp_path / "assets.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,type,to\ns,HOSTS,v\n", encoding="utf-8")
    snap = Snapshot.from_tables(tmp_path)
    result = snap.compare(["a", "s"], Event(where="kind=load"))
    assert result.capacity_lost["energy"]["demand_mw"] == {"a": 5.0, "b": 12.5, "delta": 7.5}
    assert result.capacity_lost["compute"]["gpus"] == {"a": 8.0, "b": 0, "delta": -8.0}  # the VM's are the server's
    by_kind = snap.impact(["s"]).stake["by_kind"]
    assert (by_kind["server"]["lost"]["gpus"], by_kind["vm"]["lost"]["gpus"]) == (8, 4)


def test_an_empty_side_is_told() -> None:
    with pytest.raises(InvalidParameter, match="the event is empty"):
        behind_a_bus().compare(["mains"], [])
