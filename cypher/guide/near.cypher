// Guide 5: what stands within some metres of a place, nearest first.
// param lon: number = 13.45
// param lat: number = 48.56
// param metres: number = 2000
// mode: read
WITH point({longitude: $lon, latitude: $lat}) AS here
MATCH (a:Asset)
WHERE point.distance(a.location, here) <= $metres
RETURN a.id AS id, a.kind AS kind, a.name AS name, round(point.distance(a.location, here)) AS metres
ORDER BY metres, id
LIMIT 200
