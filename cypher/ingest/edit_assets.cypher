// Everything that some assets carry, and the files that the run which wrote them read.
// param ids: list of string = ["grid:bus-1"]
// mode: read
UNWIND $ids AS id
MATCH (a:Asset {id: id})
OPTIONAL MATCH (r:ImportRun {id: a.run})
RETURN properties(a) AS properties, a.location.longitude AS lon, a.location.latitude AS lat, r.files AS files
