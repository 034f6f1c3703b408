// Those of these assets that have no link of one service, with their kinds.
// param ids: list of string = ["grid:bus-1"]
// param types: list of string = ["POWERS", "CONDUCTS"]
// param mesh: list of string = ["CONDUCTS"]
// mode: read
UNWIND $ids AS id
MATCH (a:Asset {id: id})
WHERE NOT EXISTS { MATCH (a)<-[r]-(:Asset) WHERE type(r) IN $types }
  AND NOT EXISTS { MATCH (a)-[m]->(:Asset) WHERE type(m) IN $mesh }
RETURN collect(a.id) AS ids, collect(a.kind) AS kinds
