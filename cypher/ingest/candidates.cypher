// Assets of some kinds, and of the sources that a kind is bound to, with all their properties: candidates of stitch rules.
// param kinds: list of string = ["substation"]
// param sources: map = {"substation": ["grid"]}
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
MATCH (a:Asset)
WHERE a.ord >= low AND a.ord < low + $step AND a.kind IN $kinds
  AND ($sources[a.kind] IS NULL OR a.source IN $sources[a.kind])
RETURN a.id AS id, a.native_id AS native_id, a.kind AS kind, a.name AS name, a.source AS source,
  a.location.longitude AS lon, a.location.latitude AS lat, a.geometry AS geometry, properties(a) AS properties
