// Creates assets of one kind; rows are [lon, lat, properties]. The plan knows that they are new.
// param labels: list of string = ["Energy", "Bus"]
// param rows: list = [[9.5, 52.3, {"id": "grid:bus-1", "kind": "bus", "ord": 0}]]
// mode: write
UNWIND $rows AS row
CREATE (a:Asset:$($labels))
SET a = row[2], a.location = point({longitude: row[0], latitude: row[1]})
RETURN count(*) AS done
