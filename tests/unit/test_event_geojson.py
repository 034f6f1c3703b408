"""A GeoJSON that cannot be read is told what is wrong in words, not in names of exceptions."""

from __future__ import annotations

from typing import Any

import pytest

from twin.errors import InvalidParameter
from twin.impact.events.geojson import fault
from twin.impact.events.hazard import Hazard

RING = [[9, 50], [10, 50], [10, 51], [9, 50]]
NESTED: dict[str, Any] = {"type": "Polygn"}
for _ in range(200):
    NESTED = {"type": "GeometryCollection", "geometries": [NESTED]}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"type": "Polygon"}, "a Polygon needs `coordinates`"),
        ({"type": "Polygon", "coordinates": 5}, "have 5 where a list belongs"),
        ({"type": "Polygon", "coordinates": [[9, 50]]}, "have 9 where a list belongs"),
        ({"type": "Polygon", "coordinates": [RING[:3]]}, "its last one must be its first again"),
        ({"type": "Polygon", "coordinates": [RING[:2]]}, "needs 4 positions at least"),
        ({"type": "MultiPolygon", "coordinates": [[RING], [RING[:3]]]}, "a ring of a MultiPolygon"),
        ({"type": "Polygon", "coordinates": [[["a", 50], *RING[1:]]]}, "['a', 50] is no position"),
        ({"type": "Polygon", "coordinates": [[[9], [10], [9], [9]]]}, "[9] is no position"),
        ({"type": "Polygon", "coordinates": [[[None, 1], *RING]]}, "is no position"),
        ({"type": "Polygon", "coordinates": {"a": 1}}, "where a list belongs"),
        ({"type": "Polygn", "coordinates": [RING]}, "no geometry of the type 'Polygn'; there are Point"),
        ({"type": 5}, "no geometry of the type 5"),
        ({"type": "GeometryCollection"}, "needs `geometries`"),
        ({"type": "Feature", "geometry": {"type": "Polygon"}}, "needs `coordinates`"),
        ({"type": "FeatureCollection", "features": {}}, "needs `features`"),
        ("{", "no JSON"),
        (NESTED, "collections in each other"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_said(document: Any, says: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        Hazard.from_geojson(document)
    assert says in caught.value.detail
    assert "Exception" not in caught.value.detail
    assert "json.exception" not in caught.value.detail
    assert "FeatureCollection" in caught.value.fix


def test_nothing_is_wrong_with_what_can_be_read() -> None:
    for geometry in (
        {"type": "Polygon", "coordinates": [RING]},
        {"type": "MultiPolygon", "coordinates": [[RING]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Point", "coordinates": [9, 50, 100]},
        {"type": "LineString", "coordinates": [[9, 50], [10, 50]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [9, 50]}]},
    ):
        assert fault(geometry) == ""
