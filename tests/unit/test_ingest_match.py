"""Stitch rules: who is found, how far away, and who is left alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import shapely
from pyproj import Geod

from twin.errors import ManifestError
from twin.ingest.match import Member, match_key, match_nearest, match_within
from twin.ingest.pairs import match_table
from twin.ingest.rejects import Rejects
from twin.ingest.sides import Range, Side
from twin.ingest.stitch import Described, holds

GEOD = Geod(ellps="WGS84")


def at(name: str, lon: float | None, lat: float | None, value: object = None) -> Member:
    return Member(f"s:{name}", name, lon, lat, None, value)


def shaped(name: str, wkt: str) -> Member:
    shape = shapely.from_wkt(wkt)
    middle = shapely.point_on_surface(shape)
    return Member(f"s:{name}", name, middle.x, middle.y, shapely.to_wkb(shape), None)


def test_nearest_is_geodesic_not_in_degrees() -> None:
    """At 60 degrees north a degree of longitude is half as long as one of latitude."""
    matches, lost = match_nearest([at("east", 11.5, 60), at("north", 10, 61)], [at("x", 10, 60)], "to", 1, None)
    assert [m.from_id for m in matches] == ["s:east"]
    assert matches[0].distance_m == pytest.approx(GEOD.inv(10, 60, 11.5, 60)[2], abs=0.01)
    assert lost == []


@pytest.mark.parametrize("seed", range(5))
def test_nearest_agrees_with_comparing_everything(seed: int) -> None:
    chance = random.Random(seed)
    others = [at(f"o{i:03}", chance.uniform(-180, 180), chance.uniform(-89, 89)) for i in range(150)]
    seekers = [at(f"s{i}", chance.uniform(-180, 180), chance.uniform(-89.9, 89.9)) for i in range(20)]
    limit = chance.choice([None, 2_000_000.0])
    matches, lost = match_nearest(others, seekers, "to", 3, limit)
    for seeker in seekers:
        everything = sorted((GEOD.inv(seeker.lon, seeker.lat, o.lon, o.lat)[2], o.id) for o in others)
        wanted = [(o, round(d, 2)) for d, o in everything[:3] if limit is None or d <= limit]
        assert [(m.from_id, m.distance_m) for m in matches if m.to_id == seeker.id] == wanted
        assert (seeker.id in dict(lost)) == (not wanted)


def test_nearest_point_of_a_line_not_its_middle() -> None:
    line, far = shaped("line", "LINESTRING (9 52, 11 52)"), at("point", 10.9, 52.3)
    matches, _ = match_nearest([line, far], [at("x", 10.9, 52.1)], "to", 1, None)
    assert [m.from_id for m in matches] == ["s:line"]
    assert matches[0].distance_m == pytest.approx(GEOD.inv(10.9, 52.1, 10.9, 52)[2], rel=1e-3)


def test_nearest_across_the_date_line_and_from_either_side() -> None:
    matches, _ = match_nearest([at("a", 179.9, 0), at("b", -170, 0)], [at("x", -179.9, 0)], "to", 1, 50_000)
    assert [(m.from_id, m.to_id) for m in matches] == [("s:a", "s:x")]
    turned, _ = match_nearest([at("x", -179.9, 0)], [at("a", 179.9, 0), at("b", -170, 0)], "from", 1, 50_000)
    assert [(m.from_id, m.to_id) for m in turned] == [("s:x", "s:a")]


def test_too_far_and_without_a_place_are_told() -> None:
    matches, lost = match_nearest([at("a", 0, 0)], [at("far", 5, 5), at("lost", None, None)], "to", 1, 1000)
    assert matches == []
    assert lost == [("s:far", "nothing to link to within 1 km"), ("s:lost", "the asset has no place")]


def test_confidence_falls_with_distance() -> None:
    matches, _ = match_nearest([at("a", 0, 0)], [at("x", 0, 0), at("y", 0, 0.5)], "to", 1, 100_000)
    assert matches[0].confidence == 1.0
    assert 0.4 < matches[1].confidence < 0.5


def test_within_takes_every_area_that_covers() -> None:
    areas = [
        shaped("big", "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"),
        shaped("small", "POLYGON ((1 1, 2 1, 2 2, 1 1))"),
    ]
    inside, outside = at("in", 1.8, 1.2), at("out", 20, 20)
    matches, lost = match_within(areas, [inside, outside, at("none", None, None)], "from")
    assert [(m.from_id, m.to_id) for m in matches] == [("s:big", "s:in"), ("s:small", "s:in")]
    assert lost == [("s:none", "the asset has no place"), ("s:out", "no area covers it")]
    turned, _ = match_within([inside], areas, "to")
    assert {(m.from_id, m.to_id) for m in turned} == {("s:in", "s:big"), ("s:in", "s:small")}


def test_key_compares_as_text() -> None:
    matches, lost = match_key([at("a", 0, 0, 12.0), at("b", 0, 0, "x")], [at("c", 0, 1, "12"), at("d", 0, 0, "y")])
    assert [(m.from_id, m.to_id) for m in matches] == [("s:a", "s:c")]
    assert matches[0].distance_m == pytest.approx(GEOD.inv(0, 0, 0, 1)[2], abs=0.01)
    assert lost == [("s:d", "nothing has the same key")]


def test_table_names_pairs_and_rejects_what_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("from,to,confidence\na,x,0.5\ns:a,y,\nz,x,\na,q,\na,x,2\n")
    rejects = Rejects(tmp_path / "r.csv")
    matches, lost = match_table([at("a", 0, 0)], [at("x", 0, 0), at("y", 0, 0), at("w", 0, 0)], path, rejects)
    rejects.close()
    assert [(m.from_id, m.to_id, m.confidence) for m in matches] == [("s:a", "s:x", 0.5), ("s:a", "s:y", 1.0)]
    assert [(r.origin.row, r.origin.column, r.code) for r in rejects.first] == [
        (4, "from", "missing_end"),
        (5, "to", "missing_end"),
        (6, "confidence", "out_of_range"),
    ]
    assert lost == [("s:w", "the table does not name it")]
    path.write_text("a,b\n")
    with pytest.raises(ManifestError, match="column from, to is missing"):
        match_table([], [], path, rejects)


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ({}, True),
        ({"voltage_kv": 110}, True),
        ({"voltage_kv": (110, 220)}, True),
        ({"voltage_kv": 220}, False),
        ({"voltage_kv": Range(min=100)}, True),
        ({"voltage_kv": Range(max=100)}, False),
        ({"operator": "A"}, False),
        ({"operator": Range(min=1)}, False),
        ({"name": "N"}, True),
    ],
)
def test_conditions(where: dict[str, object], fits: bool) -> None:
    asset = Described("s:a", "a", "bus", "N", "s", None, None, None, {"voltage_kv": 110.0})
    assert holds(Side(kind=("bus",), where=where), asset) is fits  # type: ignore[arg-type]
    assert not holds(Side(kind=("bus",), source=("other",)), asset)
    assert not holds(Side(kind=("load",)), asset)
