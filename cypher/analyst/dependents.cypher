// What depends on an asset, up to four hops downstream: for Neo4j Browser and as an independent check.
// Mesh links count in both directions; hop is the shortest distance. Deeper questions: twin dependents.
// param id: string = "grid:bus-1"
// param depth: integer = 3
// param mesh: list of string = ["CONDUCTS"]
// param ignore: list of string = ["WITHIN", "TRANSPORTS"]
// mode: read
MATCH path = (a:Asset {id: $id})
  ((x:Asset)-[r]-(y:Asset) WHERE (endNode(r) = y OR type(r) IN $mesh) AND NOT type(r) IN $ignore){1,4}
  (b:Asset)
WHERE length(path) <= $depth AND b <> a
RETURN b.id AS id, b.kind AS kind, b.domain AS domain, b.name AS name, min(length(path)) AS hop
ORDER BY hop, id
