// Links of these assets with the kinds of their ends, for checking that assets whose kind changed may keep them.
// param ids: list of string = ["grid:bus-1"]
// mode: read
UNWIND $ids AS id
MATCH (:Asset {id: id})-[r]-(:Asset)
WITH DISTINCT r, startNode(r) AS a, endNode(r) AS b
RETURN type(r) AS type, r.source AS source, r.rule AS rule, a.id AS from_id, a.kind AS from_kind, b.id AS to_id,
  b.kind AS to_kind
