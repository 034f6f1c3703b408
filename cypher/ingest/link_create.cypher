// Creates links of one type between assets that exist; rows are [from, [[to, properties], ...]], one for each from.
// param type: string = "POWERS"
// param rows: list = [["grid:bus-1", [["grid:load-1", {"key": "00ff", "source": "grid"}]]]]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row[0]})
UNWIND row[1] AS link
MATCH (b:Asset {id: link[0]})
CREATE (a)-[r:$($type)]->(b)
SET r = link[1]
RETURN count(*) AS done
