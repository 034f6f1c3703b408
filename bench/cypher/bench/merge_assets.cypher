// The plainest way to write assets, for comparison: one MERGE for each row.
// param labels: list of string = ["Energy", "Bus"]
// param rows: list = [{"lon": 9.5, "lat": 52.3, "properties": {"id": "grid:bus-1", "kind": "bus"}}]
// mode: write
UNWIND $rows AS row
MERGE (a:Asset {id: row.properties.id})
SET a += row.properties, a:$($labels), a.location = point({longitude: row.lon, latitude: row.lat})
