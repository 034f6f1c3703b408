// Creates links of one type between assets that exist; rows are [from, to, properties].
// param type: string = "POWERS"
// param rows: list = [["grid:bus-1", "grid:load-1", {"key": "00ff", "source": "grid"}]]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row[0]})
MATCH (b:Asset {id: row[1]})
CREATE (a)-[r:$($type)]->(b)
SET r = row[2]
RETURN count(*) AS done
