"""Validation: every bad input becomes a reject with file, row, column, code and fix; good rows stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from twin.ingest.ends import LinkPlanner
from twin.ingest.gates import GateCheck, HeldLink
from twin.ingest.known import Held
from twin.ingest.rejects import Rejects
from twin.ingest.rows import LinkRow
from twin.ingest.spool import Spool
from twin.ingest.validate import Validator
from twin.model import AssetRecord, LinkRecord, Origin
from twin.schema import default_schema

NAN, INF = float("nan"), float("inf")


class Bench:
    """A validator with everything around it."""

    def __init__(self, folder: Path) -> None:
        self.schema = default_schema()
        self.rejects = Rejects(folder / "rejects.csv")
        self.validator = Validator(self.schema, self.rejects)
        self.spool = Spool(buffer=3)

    def asset(self, **given: Any) -> list[Any]:
        fields = {"id": "a", "kind": "bus", "origin": Origin("assets.csv", 7), **given}
        return self.validator.assets("grid", [AssetRecord(**fields)])

    def links(self, *records: tuple[Any, ...], stored: dict[str, str] | None = None, needs: Any = ()) -> list[LinkRow]:
        """Validate and plan links (from, type, to, group, need); returns those that would be made."""
        raws = []
        for number, (start, type_, end, *rest) in enumerate(records, 2):
            group, need = [*rest, None, None][:2]
            raw = self.validator.link(LinkRecord(start, type_, end, group, need, {}, Origin("links.csv", number)))
            raws += [raw] if raw is not None else []
        found = stored or {}
        planner = LinkPlanner(
            self.schema, self.validator.index, {}, {"grid": Held("grid")}, self.spool, self.rejects,
            lambda ids: {i: found[i] for i in ids if i in found},
        )  # fmt: skip
        planner.plan("grid", [raws], needs)
        streams = self.spool.streams("link.create.")
        return [LinkRow._make(row) for stream in streams for _, row in self.spool.rows(stream)]

    @property
    def codes(self) -> list[tuple[int | None, str | None, str]]:
        return [(r.origin.row, r.origin.column, r.code) for r in self.rejects.first]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    with made.spool:
        yield made
    made.rejects.close()


@pytest.mark.parametrize(
    ("given", "column", "code"),
    [
        ({"kind": "buss"}, "kind", "unknown_kind"),
        ({"kind": ""}, "kind", "missing_value"),
        ({"id": ""}, "id", "missing_value"),
        ({"id": "   "}, "id", "missing_value"),
        ({"id": "x" * 2000}, "id", "value_too_long"),
        ({"id": "a\x00b"}, "id", "wrong_encoding"),
        ({"name": "n" * 2000}, "name", "value_too_long"),
        ({"properties": {"operator": "x" * 10_000_000}}, "operator", "value_too_long"),
        ({"properties": {"operator": "\ud800"}}, "operator", "wrong_encoding"),
        ({"properties": {"operator": "a\x00b"}}, "operator", "wrong_encoding"),
        ({"properties": {"voltage": "380"}}, "voltage", "unknown_property"),
        ({"properties": {"gpus": "4"}}, "gpus", "unknown_property"),
        ({"properties": {"voltage_kv": "high"}}, "voltage_kv", "wrong_type"),
        ({"properties": {"voltage_kv": True}}, "voltage_kv", "wrong_type"),
        ({"properties": {"voltage_kv": "nan"}}, "voltage_kv", "not_finite"),
        ({"properties": {"voltage_kv": INF}}, "voltage_kv", "not_finite"),
        ({"properties": {"voltage_kv": "-1e999"}}, "voltage_kv", "not_finite"),
        ({"properties": {"voltage_kv": -3}}, "voltage_kv", "out_of_range"),
        ({"properties": {"customers": "2.5"}}, "customers", "wrong_type"),
        ({"properties": {"customers": 1e300}}, "customers", "out_of_range"),
        ({"properties": {"status": "running"}}, "status", "wrong_type"),
        ({"properties": {"standby": "maybe"}}, "standby", "wrong_type"),
        ({"geometry": b"POINT (9 52)"}, "geometry", "bad_geometry"),
        ({"geometry": b""}, "geometry", "bad_geometry"),
        ({"geometry": shapely.to_wkb(shapely.Point())}, "geometry", "not_finite"),
        ({"geometry": shapely.to_wkb(shapely.Point(NAN, 1))}, "geometry", "not_finite"),
        ({"geometry": shapely.to_wkb(shapely.LineString([(0, 0), (INF, 1)]))}, "geometry", "not_finite"),
        ({"geometry": shapely.to_wkb(shapely.Point(0, 91))}, "geometry", "out_of_range"),
        ({"geometry": shapely.to_wkb(shapely.Point(3_500_000, 5_800_000))}, "geometry", "out_of_range"),
        ({"geometry": shapely.to_wkb(shapely.LineString([(0, 0), (181, 1)]))}, "geometry", "out_of_range"),
        ({"geometry": shapely.to_wkb(shapely.from_wkt("POLYGON ((0 0, 2 2, 0 2, 2 0, 0 0))"))}, "geometry",
         "bad_geometry"),
    ],
)  # fmt: skip
def test_bad_assets(bench: Bench, given: dict[str, Any], column: str | None, code: str) -> None:
    assert bench.asset(**given) == []
    assert bench.codes == [(7, column, code)]
    assert all(r.message and r.fix for r in bench.rejects.first)
    assert all(len(r.message) < 500 for r in bench.rejects.first), "a huge cell is not repeated in the message"


def test_all_problems_of_a_row_are_told(bench: Bench) -> None:
    bench.asset(name="n" * 2000, properties={"voltage_kv": "x", "nope": 1}, geometry=b"x")
    assert {code for _, _, code in bench.codes} == {
        "value_too_long", "wrong_type", "unknown_property", "bad_geometry",
    }  # fmt: skip


def test_a_duplicate_id_names_the_first_row(bench: Bench) -> None:
    bench.asset(origin=Origin("assets.csv", 3))
    assert bench.asset() == []
    assert bench.codes == [(7, "id", "duplicate_id")]
    assert "assets.csv:3" in bench.rejects.first[0].message


def test_good_assets_are_typed(bench: Bench) -> None:
    line = shapely.to_wkb(shapely.LineString([(9, 52), (10, 53)]))
    (row,) = bench.asset(
        kind="power_line", name=" L ", properties={"voltage_kv": "380", "standby": "no", "operator": ""}, geometry=line
    )
    assert (row.id, row.native_id, row.name) == ("grid:a", "a", "L")
    assert row.properties == {"voltage_kv": 380.0, "standby": False}
    assert row.geometry == line
    assert 9 <= row.lon <= 10
    (point,) = bench.asset(id="p", geometry=shapely.to_wkb(shapely.Point(9, 52)))
    assert (point.lon, point.lat, point.geometry) == (9.0, 52.0, None)


def test_the_hash_is_of_the_content_not_of_the_place_in_the_file(bench: Bench) -> None:
    hashes = []
    for row, operator in ((2, "A"), (9, "A"), (4, "B")):
        (found,) = bench.asset(id=f"n{row}", properties={"operator": operator}, origin=Origin("f.csv", row))
        hashes.append(found.hash)
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("link", "column", "code"),
    [
        (("a", "POWERS", "nowhere"), "to", "missing_end"),
        (("nowhere", "POWERS", "a"), "from", "missing_end"),
        (("other:x", "POWERS", "a"), "from", "missing_end"),
        (("", "POWERS", "a"), "from", "missing_value"),
        (("a", "", "a"), "type", "missing_value"),
        (("a", "POWER", "l"), "type", "unknown_link_type"),
        (("l", "COOLS", "a"), "type", "disallowed_ends"),
        (("a", "POWERS", "l", None, "some"), "need", "bad_need"),
        (("a", "POWERS", "l", None, "0"), "need", "bad_need"),
        (("a", "POWERS", "l", None, "1.5"), "need", "bad_need"),
        (("a", "POWERS", "l", None, "inf"), "need", "bad_need"),
        (("a", "POWERS", "l", "g" * 2000), "group", "value_too_long"),
    ],
)
def test_bad_links(bench: Bench, link: tuple[Any, ...], column: str, code: str) -> None:
    bench.asset()
    bench.asset(id="l", kind="load")
    assert bench.links(link) == []
    assert bench.codes == [(2, column, code)]


def test_a_missing_end_suggests_what_was_meant(bench: Bench) -> None:
    bench.asset(id="substation-12")
    bench.links(("substation-21", "POWERS", "substation-12"))
    assert "Did you mean substation-12?" in bench.rejects.first[0].message


def test_ends_in_other_sources_and_ids_with_colons(bench: Bench) -> None:
    bench.asset()
    bench.asset(id="x:y", kind="load")
    found = bench.links(
        ("a", "POWERS", "x:y"), ("grid:a", "POWERS", "x:y"), ("other:b", "POWERS", "x:y"),
        stored={"other:b": "bus"},
    )  # fmt: skip
    assert [(r.from_id, r.to_id) for r in found] == [
        ("grid:a", "grid:x:y"), ("grid:a", "grid:x:y"), ("other:b", "grid:x:y"),
    ]  # fmt: skip
    assert len({r.key for r in found}) == 3, "parallel links have keys of their own"
    assert bench.codes == []


def gates(bench: Bench, rows: list[LinkRow], held: list[HeldLink] | None = None) -> set[int | None]:
    """Rows that the gate check rejects."""
    check = GateCheck(bench.schema, bench.rejects)
    stored = None if held is None else (lambda owners: [h for h in held if h.owner in owners])
    ways = {(row.type, row.group, row.need) for row in rows}
    refused = check.check(lambda types: (("grid", row) for row in rows if row.type in types), stored, ways)
    return {row.row for row in refused.values()}


def power_gate(bench: Bench) -> None:
    for name, kind in (("g1", "generator"), ("g2", "generator"), ("b", "bus"), ("l", "load"), ("t", "transformer")):
        bench.asset(id=name, kind=kind)


def test_two_values_of_need_in_one_gate(bench: Bench) -> None:
    power_gate(bench)
    rows = bench.links(
        ("g1", "POWERS", "b", None, "2"), ("g2", "POWERS", "b"), ("t", "CONDUCTS", "b", None, "all"),
        ("g1", "POWERS", "l", None, "1"), ("g2", "POWERS", "l", None, "any"), ("g2", "POWERS", "l", "other", "2"),
    )  # fmt: skip
    assert gates(bench, rows) == {2}, "one of the two is rejected, and names the other"
    assert bench.codes == [(2, "need", "conflicting_need")]
    assert "links.csv:4" in bench.rejects.first[0].message


def test_a_blank_need_takes_that_of_its_gate(bench: Bench) -> None:
    power_gate(bench)
    rows = bench.links(
        ("g1", "POWERS", "l"), ("g2", "POWERS", "grid:l", None, "2"), ("g1", "POWERS", "l", "other"),
        ("g1", "POWERS", "b"), ("t", "CONDUCTS", "b", None, "all"), ("g2", "POWERS", "l", "power"),
        needs=[("grid:l", "POWERS", None, "2"), ("b", "CONDUCTS", None, "all"), ("nowhere", "POWERS", None, "3")],
    )  # fmt: skip
    default = bench.schema.link_types["POWERS"].group
    found = {row.row: row.need for row in rows}
    assert found == {2: "2", 3: "2", 4: None, 5: None, 6: "all", 7: "2" if default == "power" else None}


def test_two_defaults_in_one_gate(bench: Bench) -> None:
    for name, kind in (("s", "span"), ("c", "circuit"), ("p", "path"), ("q", "path")):
        bench.asset(id=name, kind=kind)
    rows = bench.links(("s", "CARRIES", "c", "x"), ("p", "SERVES", "c", "x"))
    assert len(gates(bench, rows)) == 1
    again = [row._replace(need="1") if row.type == "SERVES" else row for row in rows]
    assert gates(bench, again) == set(), "a value given on one row is that of the others"


def test_need_against_what_the_store_holds(bench: Bench) -> None:
    power_gate(bench)
    rows = bench.links(("g1", "POWERS", "l", None, "2"))
    held = HeldLink("grid:l", "POWERS", "", "", "other", "k")
    assert gates(bench, rows, [held]) == set()
    assert gates(bench, rows, [held._replace(need="3")]) == {2}
    assert "source other" in bench.rejects.first[-1].message


def test_mesh_links_have_a_gate_at_both_ends(bench: Bench) -> None:
    power_gate(bench)
    rows = bench.links(("t", "CONDUCTS", "b", None, "1"))
    assert gates(bench, rows, [HeldLink("grid:t", "CONDUCTS", "", "2", "grid", "k")]) == {2}


def test_rejects_go_to_a_file(bench: Bench) -> None:
    for number in range(1500):
        bench.asset(kind="nope", origin=Origin('as"sets,.csv', number))
    bench.rejects.close()
    assert (bench.rejects.count, len(bench.rejects.first)) == (1500, 1000)
    assert [r.origin.row for r in bench.rejects.all()] == list(range(1500))
