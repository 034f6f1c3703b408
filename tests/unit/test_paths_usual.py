"""What routes pass when the question names no links, and what a limit leaves open."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reference.steady import baseline
from tests.reference.system import System as Reference
from tests.unit.strategies import Tables
from tests.unit.test_paths import (
    SCHEMA,
    Listed,
    Weights,
    answered,
    asked,
    causes,
    cheapest,
    fibre,
    logical,
    snapshot,
    some_lengths,
    systems,
)
from twin import Snapshot
from twin.impact.paths.deadline import Deadline
from twin.impact.paths.graph import network
from twin.impact.paths.risks import corridor, risks
from twin.impact.paths.separate import Search
from twin.impact.paths.shortest import best
from twin.snapshot.changes import Changes, Link
from twin.snapshot.overlay import Overlay

ENDS = {
    "control_centre", "data_centre", "rtu", "load", "server", "vm", "workload", "tenant",
    "ups", "pdu", "genset", "transfer_switch", "switchgear", "cooling_unit",
}  # fmt: skip


def usual(tables: Tables, a: str, b: str) -> list[tuple[str, Listed, list[dict[str, str]]]]:
    """For each service whose transport may join the ends: what its routes may follow and pass."""
    kind = {row["id"]: row["kind"] for row in tables.assets}
    types = (tables.schema or SCHEMA).link_types
    rows = [(i, r["from"], types[r["type"]], r["to"]) for i, r in enumerate(tables.links) if r["from"] != r["to"]]
    found = []
    for service in sorted({str(t.service) for t in types.values() if t.mesh}):
        mesh = {i for i, _, t, _ in rows if t.mesh and t.service == service}
        inside = {v for i, x, _, y in rows if i in mesh for v in (x, y)}
        passed = inside - logical(tables) - {v for v in kind if kind[v] in ENDS}
        kept, level = set(mesh), 0
        for end, far in ((a, b), (b, a)):
            if end in inside:
                continue
            reach = passed | ({far} & inside)
            own = [(i, t) for i, x, t, y in rows if (x == end and y in reach) or (y == end and x in reach)]
            near = {i for i, t in own if t.service == service}
            steps = near or {i for i, t in own if t.service}
            housed = [i for i, x, t, y in rows if t.service == "housing" and x == end]
            if not steps and housed:
                raise NotImplementedError  # what is inside a place has an example of its own
            level += 9 if not steps else 1 if near else 2
            kept |= steps
        if level < 9:
            some = Tables(assets=tables.assets, links=[tables.links[i] for i in sorted(kept)])
            listed = Listed(some)
            listed.works &= passed
            found.append((service, listed, some.links))
    return found


@pytest.mark.parametrize("apart", [None, "node"])
def test_routes_pass_the_transport_of_one_service_only(tmp_path: Path, apart: str | None) -> None:
    met = {"none": 0, "several": 0, "attached": 0, "narrower": 0}
    for i, pick, tables in systems(150, 40_000):
        length, _ = some_lengths(pick, tables, 0.7)
        found = snapshot(tables, tmp_path / str(i), length)
        a, b = asked(pick, tables)
        if a == b:
            continue
        try:
            allowed = usual(tables, a, b)
        except NotImplementedError:
            continue
        k = pick.randint(1, 2)
        result = found.paths(a, b, k=k, by="length_km", disjoint=apart)
        service = result.question["service"]
        if service is None:
            assert not any(one.routes(a, b) for _, one, _ in allowed)
            assert result.found == 0
            met["none"] += 1
            continue
        listed, kept = next((one, links) for name, one, links in allowed if name == service)
        routes = listed.routes(a, b, 400)
        if routes is None:
            continue
        if not routes:
            assert result.found == 0
            assert not any(other.routes(a, b) for _, other, _ in allowed)
            continue
        weigh = Weights(Tables(assets=tables.assets, links=kept), length, {})
        if apart:
            wanted = cheapest(routes, k, weigh, lambda x, y: set(x[0][1:-1]) & set(y[0][1:-1]) or set(x[1]) & set(y[1]))
            if wanted is not None:
                assert answered(result) == (wanted[0], pytest.approx(wanted[1]))
        else:
            different: dict[tuple[str, ...], Any] = {}
            for route in routes:
                different[tuple(route[0])] = min(weigh(route), different.get(tuple(route[0]), (99, 0.0)))
            costs = sorted(different.values())[:k]
            assert [(r["unknown"], r["cost"]) for r in result.routes] == [(u, pytest.approx(km)) for u, km in costs]
            met["several"] += len(costs) > 1
        every = Listed(tables).routes(a, b, 400)
        met["narrower"] += every is None or len(every) > len(routes)
        met["attached"] += not {a, b} <= {v for v in listed.next if listed.next[v] and v in listed.works}
    assert met["none"] > 5
    assert met["attached"] > 5
    assert met["narrower"] > 20
    assert apart or met["several"] > 10


SERVICES = {
    "assets": "id,kind,length_km\n"
    "a,router,\nb,router,\nc,router,\nac,span,40\ncb,span,50\nab,span,\n"
    "centre,control_centre,\nup,span,1\ndown,span,1\n"
    "circuit,circuit,\npath,path,1\nups,ups,\ndc,data_centre,\nhall,hall,\ninner,router,\nlast,span,3\n",
    "links": "from,type,to,group,need\n"
    "a,TRANSPORTS,ac,,\nac,TRANSPORTS,c,,\nc,TRANSPORTS,cb,,\ncb,TRANSPORTS,b,,\n"
    "a,TRANSPORTS,ab,,\nab,TRANSPORTS,b,,\n"
    "a,TRANSPORTS,up,,\nup,TRANSPORTS,centre,,\ncentre,TRANSPORTS,down,,\ndown,TRANSPORTS,b,,\n"
    "a,CONNECTS,circuit,,\nb,CONNECTS,circuit,,\n"
    "a,TRANSPORTS,path,,\npath,TRANSPORTS,b,,\nac,CARRIES,path,,\ncb,CARRIES,path,,\n"
    "ups,POWERS,a,,\nups,POWERS,b,,\n"
    "dc,CONTAINS,hall,,\nhall,CONTAINS,inner,,\ninner,TRANSPORTS,last,,\nlast,TRANSPORTS,c,,\n",
}


@pytest.fixture
def joined(tmp_path: Path) -> Snapshot:
    """Two routers joined over a third, by a span of unknown length, a control centre, a circuit, a path and a UPS."""
    for name, text in SERVICES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return Snapshot.from_tables(tmp_path)


def passed(result: Any) -> list[list[str]]:
    return [[asset["id"] for asset in route["assets"]][1:-1] for route in result.routes]


def test_a_span_of_unknown_length_comes_last_and_is_counted(joined: Snapshot) -> None:
    found = joined.paths("a", "b", k=9, by="length_km")
    assert passed(found) == [["ac", "c", "cb"], ["ab"]]
    assert [(route["cost"], route["unknown"]) for route in found.routes] == [(90.0, 0), (0.0, 1)]
    assert any(note.startswith("1 times a length on these routes is not known") for note in found.notes)
    assert passed(joined.paths("a", "b")) == [["ab"]]


def test_a_path_and_its_spans_are_one_way(joined: Snapshot) -> None:
    assert passed(joined.paths("a", "b", k=4, disjoint="node")) == [["ab"], ["ac", "c", "cb"]]
    named = joined.paths("a", "b", k=4, disjoint="node", over=["TRANSPORTS"])
    assert passed(named) == [["ab"], ["ac", "c", "cb"], ["up", "centre", "down"]]
    assert any("paths that run over other lines are not passed" in note for note in named.notes)
    assert ["path"] in passed(joined.paths("a", "b", k=9, over=["TRANSPORTS"]))
    lonely = joined.with_changes(links_removed=[Link("ac", "CARRIES", "path"), Link("cb", "CARRIES", "path")])
    assert ["path"] in passed(lonely.paths("a", "b", k=4, disjoint="node"))


def test_an_end_is_attached_by_its_own_links_and_by_what_is_inside(joined: Snapshot) -> None:
    assert sorted(passed(joined.paths("centre", "c", k=2))) == [["down", "b", "cb"], ["up", "a", "ac"]]
    assert passed(joined.paths("ups", "c", by="length_km")) == [["a", "ac"]]
    inside = joined.paths("dc", "a", by="length_km")
    assert passed(inside) == [["hall", "inner", "last", "c", "ac"]]
    assert (inside.routes[0]["cost"], inside.routes[0]["unknown"]) == (43.0, 0)


def test_where_else_there_is_a_route_is_said(joined: Snapshot) -> None:
    alone = joined.with_changes(removed=["up", "down", "last"])
    certificate = alone.paths("dc", "a").certificate
    assert certificate is not None
    assert "No route joins dc and a over the transport of any one service." in certificate["says"]
    power = joined.with_changes(removed=["up", "down", "ac", "cb", "ab", "path"]).paths("a", "b").certificate
    assert power is not None
    assert "There is one over data links of every type: name 'data'" in power["says"]


# -- lengths of links -----------------------------------------------------------------------------------------


def test_a_length_of_a_link_counts(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text("id,kind\nr,router\ns,router\nx,span\n", encoding="utf-8")
    links = "from,type,to,length_km,latency_ms\nr,TRANSPORTS,x,3,\nx,TRANSPORTS,s,4,0.5\nr,SERVES,s,,\n"
    (tmp_path / "links.csv").write_text(links, encoding="utf-8")
    found = Snapshot.from_tables(tmp_path).paths("r", "s", by="length_km")
    assert (found.routes[0]["length_km"], found.routes[0]["latency_ms"]) == (7.0, pytest.approx(0.515))
    assert found.routes[0]["unknown"] == 1
    named = Snapshot.from_tables(tmp_path).paths("r", "s", by="length_km", over=["SERVES"])
    assert (named.routes[0]["unknown"], named.routes[0]["cost"]) == (1, 0.0)


def random_links(pick: random.Random, folder: Path) -> Tables:
    """Many parallel links, some with values."""
    tables = fibre(pick, 4, 8)
    for row in list(tables.links):
        tables.links += [dict(row)] * pick.choice((0, 0, 1, 2))
    tables.write(folder)
    rows = (folder / "links.csv").read_text(encoding="utf-8").splitlines()
    values = [f"{pick.choice(('', '1', '2.5'))},{pick.choice(('', '', '0.25'))}" for _ in rows[1:]]
    rows = [f"{rows[0]},length_km,latency_ms", *(f"{x},{y}" for x, y in zip(rows[1:], values, strict=True))]
    (folder / "links.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tables


def told(found: Snapshot) -> list[tuple[Any, ...]]:
    """Every link with what it is and has, sorted."""
    a = found.arrays
    km, ms = np.full(len(a.link_from), -1.0), np.full(len(a.link_from), -1.0)
    km[a.measured], ms[a.measured] = np.nan_to_num(a.measured_km, nan=-1.0), np.nan_to_num(a.measured_ms, nan=-1.0)
    ends = zip(found.catalogue.ids(a.link_from.tolist()), found.catalogue.ids(a.link_to.tolist()), strict=True)
    kinds = [a.link_types[t] for t in a.link_type.tolist()]
    return sorted((x, kind, y, p, q) for (x, y), kind, p, q in zip(ends, kinds, km.tolist(), ms.tolist(), strict=True))


def test_values_stay_with_their_links(tmp_path: Path) -> None:
    """Through reading, saving, any order of rows, and changes on top."""
    for seed in range(20):
        pick = random.Random(seed)
        folder = tmp_path / str(seed)
        random_links(pick, folder)
        found = Snapshot.from_tables(folder)
        head, *rows = (folder / "links.csv").read_text(encoding="utf-8").splitlines()
        cells = [line.split(",") for line in rows]
        wanted = [(c[0], c[1], c[2], float(c[5] or -1), float(c[6] or -1)) for c in cells]
        assert told(found) == sorted(wanted)
        found.save(tmp_path / f"saved-{seed}")
        assert told(Snapshot.load(tmp_path / f"saved-{seed}")) == sorted(wanted)
        pick.shuffle(rows)
        (folder / "links.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        again = Snapshot.from_tables(folder)
        for name in ("link_from", "link_to", "measured", "measured_km", "measured_ms"):
            assert np.array_equal(getattr(again.arrays, name), getattr(found.arrays, name), equal_nan=True)
        gone = pick.choice([c for c in cells if c[1] == "TRANSPORTS"])
        pile = Overlay(found.arrays, SCHEMA)
        pile.apply(Changes(links_removed=[Link(*gone[:3])], links_added=[Link("r0", "TRANSPORTS", "s1")] * 2))
        both_ways = (tuple(gone[:3]), tuple(gone[2::-1]))
        left = [row for row in wanted if row[:3] not in both_ways]
        assert told(Snapshot(pile.arrays)) == sorted([*left, *[("r0", "TRANSPORTS", "s1", -1.0, -1.0)] * 2])


# -- limits -----------------------------------------------------------------------------------------------------


def test_after_the_deadline_nothing_is_called_proved(tmp_path: Path) -> None:
    """What is shown is still true: no two routes share a risk, by the slow reference's own routes and failures."""
    pairs = 0
    for seed in range(60):
        pick = random.Random(70_000 + seed)
        tables = fibre(pick, 4, 9, ducts=2)
        length, _ = some_lengths(pick, tables, 0.8)
        found = snapshot(tables, tmp_path / str(seed), length)
        reference = Reference.read(tmp_path / str(seed))
        listed = Listed(tables, {"TRANSPORTS"})
        listed.works &= baseline(reference)
        a, b = pick.sample(["r0", "r1", "r2", "r3"], 2)
        routes = listed.routes(a, b, 120)
        if not routes:
            continue
        falls = causes(reference, listed, routes, a, b)
        s, t = found.catalogue.row(a), found.catalogue.row(b)
        net = network(found.arrays, SCHEMA, ["TRANSPORTS"], "either")
        allowed = found.arrays.in_service & found.system.baseline
        allowed[[s, t]] = True
        inside = corridor(net, allowed, s, t)
        known = risks(found.system, inside, s, t, [])
        search = Search(net, "length_km", allowed, inside, lambda _, known=known: known, s, t, Deadline(0.0))
        result = search.find(2)
        assert not result.proof.proved
        assert result.proof.at_most == 2
        named = [set(found.catalogue.ids(net.to[list(route[:-1])].tolist())) for route in result.routes]
        for x, y in itertools.combinations(named, 2):
            assert not any(lost & x and lost & y for lost in falls)
        if len(named) == 2:
            pairs += 1
            exact = found.paths(a, b, k=2, by="length_km", disjoint="risk", over=["TRANSPORTS"])
            got = sum(net.costs("length_km").arc[list(route)].sum() for route in result.routes)
            assert exact.found == 2
            if result.proof.bound is not None:
                assert result.proof.bound <= got + 1e-6
    assert pairs > 10


def test_what_the_limit_left_open_is_said(tmp_path: Path) -> None:
    found = snapshot(fibre(random.Random(3), 6, 24), tmp_path)
    stopped = found.paths("r0", "r1", k=40, over=["TRANSPORTS"], limit_s=1e-9)
    assert stopped.found == 1
    assert stopped.proof["proved"] is False
    assert (stopped.proof["reached"], stopped.proof["routes_at_most"]) == ("time", 40)
    assert stopped.certificate is not None
    assert stopped.certificate["kind"] == "limit"
    assert "found so far: the best 1 of 40, whether there are more is not known" in stopped.certificate["says"]
    whole = found.paths("r0", "r1", k=40, over=["TRANSPORTS"])
    assert whole.found > 5
    assert whole.routes[0]["cost"] == stopped.routes[0]["cost"]
    untried = found.paths("r0", "r1", k=2, disjoint="risk", limit_s=1e-9)
    assert untried.found == 1
    assert untried.proof["untried"] > 0
    assert "single failures were not tried" in untried.proof["says"]
    one = found.paths("r0", "r1", disjoint="risk", limit_s=1e-9)
    assert one.proof["proved"]


def test_routes_of_a_stopped_search_are_the_first_of_the_best(tmp_path: Path) -> None:
    found = snapshot(fibre(random.Random(5), 6, 20), tmp_path)
    net = network(found.arrays, SCHEMA, ["TRANSPORTS"], "either")
    s, t = found.catalogue.row("r0"), found.catalogue.row("r1")
    whole, done = best(net, "hops", found.arrays.in_service, s, t, 5)
    assert done
    assert len(whole) == 5
    first, done = best(net, "hops", found.arrays.in_service, s, t, 5, Deadline(0.0))
    assert (first, done) == (whole[:1], False)
