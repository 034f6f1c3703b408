// Creates links of one type and source between assets that exist; rows are [from, [[to, key, hash, group, need,
// properties], ...]], one for each from.
// param type: string = "POWERS"
// param source: string = "grid"
// param run: string = "20261123-065500-a1b2"
// param rows: list = [["grid:bus-1", [["grid:load-1", "00ff", "00ee", null, "2", {"capacity": 20.0}]]]]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row[0]})
UNWIND row[1] AS link
MATCH (b:Asset {id: link[0]})
CREATE (a)-[r:$($type) {key: link[1], hash: link[2], group: link[3], need: link[4], source: $source, run: $run}]->(b)
SET r += link[5]
RETURN count(*) AS done
