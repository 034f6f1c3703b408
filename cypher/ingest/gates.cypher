// Links that touch these consumers, for checking that one gate has one need.
// param ids: list of string = ["grid:bus-1"]
// param types: list of string = ["POWERS", "CONDUCTS"]
// param mesh: list of string = ["CONDUCTS"]
// mode: read
UNWIND $ids AS id
MATCH (a:Asset {id: id})-[r]-(:Asset)
WHERE type(r) IN $types AND (endNode(r) = a OR type(r) IN $mesh)
RETURN collect(a.id) AS owners, collect(type(r)) AS types, collect(coalesce(r.group, '')) AS groups,
  collect(coalesce(r.need, '')) AS needs, collect(r.source) AS sources, collect(r.key) AS keys
