"""The whole graph as columns: what was written comes back, at one revision."""

from __future__ import annotations

from typing import Any

import neo4j
import pytest
import shapely

from twin.errors import SchemaError, StoreError, StoreTransient
from twin.schema import Schema
from twin.store import Store
from twin.store.read import STEP, read_tables

pytestmark = pytest.mark.store

NODES = "UNWIND $rows AS row CREATE (n:Asset:$(row.labels)) SET n = row.props"
LINKS = """
UNWIND $rows AS row
MATCH (a:Asset {id: row.from}) MATCH (b:Asset {id: row.to})
CREATE (a)-[r:$(row.type)]->(b) SET r = row.props
"""
STATE = "MATCH (t:TwinState {id: 'twin'}) SET t.next_ord = $next, t.revision = $revision, t.applying = $applying"


def write(driver: neo4j.Driver, assets: list[dict[str, Any]], links: list[dict[str, Any]], **state: Any) -> None:
    """Write rows as an import does."""
    rows = [{"labels": ["Energy"], "props": asset} for asset in assets]
    driver.execute_query(NODES, rows=rows, database_="neo4j")
    driver.execute_query(LINKS, rows=links, database_="neo4j")
    given = {"next": max((a["ord"] for a in assets), default=-1) + 1, "revision": 1, "applying": None, **state}
    driver.execute_query(STATE, given, database_="neo4j")


def asset(ord_: int, kind: str, **properties: Any) -> dict[str, Any]:
    """Properties of one asset node."""
    own = {"id": f"s:{ord_}", "kind": kind, "name": f"N {ord_}", "source": "s", "run": "r1", "ord": ord_}
    return {**own, **properties}


def link(start: int, kind: str, end: int, **properties: Any) -> dict[str, Any]:
    """One link row."""
    own = {"key": f"{start}-{kind}-{end}", "source": "s", **properties}
    return {"from": f"s:{start}", "type": kind, "to": f"s:{end}", "props": own}


def test_empty(store: Store, schema: Schema) -> None:
    assets, links = read_tables(store, schema, details=True)
    assert assets.num_rows == links.num_rows == 0
    assert {"id", "kind", "name", "lon", "lat", "geometry", "source", "run"} <= set(assets.column_names)
    assert {"from", "to", "type", "group", "need", "source", "key", "rule"} <= set(links.column_names)


def test_round_trip(store: Store, driver: neo4j.Driver, schema: Schema) -> None:
    """Sparse properties, gaps in ``ord``, several chunks, geometry and blanks."""
    from neo4j.spatial import WGS84Point

    line = shapely.to_wkb(shapely.LineString([(8, 49), (9, 50)]))
    far = 3 * STEP + 5
    nodes = [
        asset(far, "power_line", geometry=line, length_km=12.5),
        asset(0, "bus", location=WGS84Point((8.4, 49.0)), status="in_service", ride_through_power_s=60),
        asset(7, "load", name=None, ride_through_power_s=1.5),
    ]
    edges = [
        link(0, "POWERS", 7, group="feed", need="any"),
        link(0, "CONDUCTS", far),
        link(far, "POWERS", 7, rule="near", distance_m=12.0, confidence=0.5, need="2"),
    ]
    write(driver, nodes, edges)
    assets, links = read_tables(store, schema, details=True)
    rows = assets.to_pylist()
    assert [row["id"] for row in rows] == ["s:0", "s:7", f"s:{far}"]
    assert (rows[0]["lon"], rows[0]["lat"], rows[0]["status"], rows[0]["ride_through_power_s"]) == (
        pytest.approx(8.4),
        pytest.approx(49.0),
        "in_service",
        60.0,
    )
    assert (rows[1]["name"], rows[1]["lon"], rows[1]["status"], rows[1]["ride_through_power_s"]) == (
        None,
        None,
        None,
        1.5,
    )
    assert (rows[2]["geometry"], rows[2]["length_km"], rows[2]["kind"]) == (line, 12.5, "power_line")
    assert "demand_mw" not in assets.column_names
    assert str(links.schema.field("from").type) == str(links.schema.field("to").type) == "int32"
    found = {row["key"]: row for row in links.to_pylist()}
    assert set(found) == {"0-POWERS-7", f"0-CONDUCTS-{far}", f"{far}-POWERS-7"}
    assert (found["0-POWERS-7"]["from"], found["0-POWERS-7"]["to"]) == (0, 1)
    assert (found["0-POWERS-7"]["group"], found["0-POWERS-7"]["need"], found["0-POWERS-7"]["rule"]) == (
        "feed",
        "any",
        None,
    )
    stitched = found[f"{far}-POWERS-7"]
    assert (stitched["from"], stitched["to"], stitched["type"], stitched["need"]) == (2, 1, "POWERS", "2")
    assert (stitched["rule"], stitched["distance_m"], stitched["confidence"]) == ("near", 12.0, 0.5)
    plain_assets, plain = read_tables(store, schema)
    assert plain_assets.equals(assets)
    assert plain.column_names == ["from", "to", "type", "group", "need"]
    order = [("from", "ascending"), ("to", "ascending"), ("type", "ascending")]
    assert plain.sort_by(order).equals(links.select(plain.column_names).sort_by(order))


def test_lengths_of_links_are_read_with_them(store: Store, driver: neo4j.Driver, schema: Schema) -> None:
    links = [
        link(0, "POWERS", 1, length_km=2.5),
        link(1, "POWERS", 2, latency_ms=0.0),
        link(2, "POWERS", 3),
        link(3, "POWERS", 0, length_km=0.0, latency_ms=1.5, group="A"),
    ]
    write(driver, [asset(i, "bus") for i in range(4)], links)
    found = read_tables(store, schema)[1].sort_by("from")
    assert found["length_km"].to_pylist() == [2.5, None, None, 0.0]
    assert found["latency_ms"].to_pylist() == [None, 0.0, None, 1.5]
    assert found["group"].to_pylist() == [None, None, None, "A"]


def test_an_import_in_progress_is_not_read(store: Store, driver: neo4j.Driver, schema: Schema) -> None:
    write(driver, [asset(0, "bus")], [], applying="run-1")
    with pytest.raises(StoreTransient):
        read_tables(store, schema)


def test_a_link_to_a_foreign_asset_is_told(store: Store, driver: neo4j.Driver, schema: Schema) -> None:
    write(driver, [asset(0, "bus")], [])
    text = "MATCH (a:Asset {id: 's:0'}) CREATE (a)-[:POWERS]->(:Asset {id: 'mine'})"
    driver.execute_query(text, database_="neo4j")
    with pytest.raises(StoreError, match="does not know"):
        read_tables(store, schema)


@pytest.mark.parametrize("details", [False, True])
def test_what_the_schema_does_not_know_is_told(
    store: Store, driver: neo4j.Driver, schema: Schema, details: bool
) -> None:
    write(driver, [asset(0, "bus"), asset(1, "load")], [link(0, "MY_OWN", 1)])
    with pytest.raises(SchemaError, match="MY_OWN"):
        read_tables(store, schema, details)
    write(driver, [asset(2, "gadget")], [])
    with pytest.raises(SchemaError, match="gadget"):
        read_tables(store, schema, details)


def test_a_value_of_another_type_is_told(store: Store, driver: neo4j.Driver, schema: Schema) -> None:
    write(driver, [asset(0, "bus", ride_through_power_s="long")], [])
    with pytest.raises(StoreError, match="ride_through_power_s"):
        read_tables(store, schema)
