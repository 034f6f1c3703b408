// The links that gate an asset: per link type and group what is needed, and who could deliver it.
// param id: string = "compute:server-1"
// param mesh: list of string = ["CONDUCTS"]
// param ignore: list of string = ["WITHIN", "TRANSPORTS"]
// mode: read
MATCH (a:Asset {id: $id})-[r]-(b:Asset)
WHERE (endNode(r) = a OR type(r) IN $mesh) AND NOT type(r) IN $ignore
RETURN type(r) AS type, r.group AS group, collect(DISTINCT r.need) AS needs, collect(DISTINCT b.id) AS members
ORDER BY type, group
