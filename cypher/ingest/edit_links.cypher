// All links of some assets with everything they carry, to be edited.
// param ids: list of string = ["grid:bus-1"]
// mode: read
UNWIND $ids AS id
MATCH (:Asset {id: id})-[r]-(:Asset)
WITH DISTINCT r
RETURN startNode(r).id AS from_id, type(r) AS type, endNode(r).id AS to_id, properties(r) AS properties
ORDER BY from_id, type, to_id, r.key
