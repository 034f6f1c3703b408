// Everything that some assets carry, to be edited.
// param ids: list of string = ["grid:bus-1"]
// mode: read
UNWIND $ids AS id
MATCH (a:Asset {id: id})
RETURN properties(a) AS properties, a.location.longitude AS lon, a.location.latitude AS lat
