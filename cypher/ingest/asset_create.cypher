// Creates assets of one kind and source; rows are [id, native id, name, hash, lon, lat, geometry, properties,
// where it stands in the export], and
// get `ord` numbers from `first` on. The plan knows that they are new.
// param labels: list of string = ["Energy", "Bus"]
// param kind: string = "bus"
// param domain: string = "energy"
// param source: string = "grid"
// param run: string = "20261123-065500-a1b2"
// param first: integer = 0
// param rows: list = [["grid:bus-1", "bus-1", "Bus 1", "00ff", 9.5, 52.3, null, {"voltage_kv": 110.0}, 17]]
// mode: write
UNWIND range(0, size($rows) - 1) AS at
WITH at, $rows[at] AS row
CREATE (a:Asset:$($labels) {id: row[0], native_id: row[1], name: row[2], hash: row[3], geometry: row[6],
  location: point({longitude: row[4], latitude: row[5]}), kind: $kind, domain: $domain, source: $source, run: $run,
  ord: $first + at, origin_at: row[8]})
SET a += row[7]
RETURN count(*) AS done
