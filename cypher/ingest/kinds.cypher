// Kinds and sources of the assets with these ids; ids that are not there are left out.
// param ids: list of string = ["grid:bus-1"]
// mode: read
UNWIND $ids AS id
MATCH (a:Asset {id: id})
RETURN collect(a.id) AS ids, collect(a.kind) AS kinds, collect(a.source) AS sources
