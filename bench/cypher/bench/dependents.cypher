// How many assets depend on one asset below the meshes, over any number of links; what DISTINCT asks for lets the
// server search breadth-first and visit each asset once.
// param id: string = "grid:bus-1"
// mode: read
MATCH (a:Asset {id: $id})-[:POWERS|COOLS|CONNECTS|SERVES|CONTROLS|HOSTS|CONTAINS*1..]->(b:Asset)
RETURN count(DISTINCT b) AS count
