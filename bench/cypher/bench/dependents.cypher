// How many assets depend on one asset, over any number of links; mesh links count in both directions.
// param id: string = "grid:bus-1"
// mode: read
MATCH ANY SHORTEST (a:Asset {id: $id})
  ((x:Asset)-[r]-(y:Asset) WHERE (endNode(r) = y OR type(r) = "CONDUCTS") AND NOT type(r) IN ["WITHIN", "TRANSPORTS"])+
  (b:Asset)
WHERE b <> a
RETURN count(b) AS count
