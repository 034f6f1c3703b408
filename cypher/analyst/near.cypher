// Assets within some metres of a place, nearest first.
// param lon: number = 8.4
// param lat: number = 49.0
// param metres: number = 5000
// param limit: integer = 100
// mode: read
WITH point({longitude: $lon, latitude: $lat}) AS here
MATCH (a:Asset)
WHERE point.distance(a.location, here) <= $metres
RETURN a.id AS id, a.kind AS kind, a.name AS name, point.distance(a.location, here) AS metres
ORDER BY metres
LIMIT $limit
