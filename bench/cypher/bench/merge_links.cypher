// The plainest way to write links, for comparison: one MERGE for each row.
// identifier type: "POWERS"
// param rows: list = [{"from": "grid:bus-1", "to": "grid:load-1", "properties": {"source": "grid"}}]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row.from})
MATCH (b:Asset {id: row.to})
MERGE (a)-[r:{{type}}]->(b)
SET r += row.properties
