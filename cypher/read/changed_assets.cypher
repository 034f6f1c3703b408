// Assets that these runs wrote last, in some chunks of `ord`, as columns: one row per chunk and kind, as read.assets.
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// param names: map of list of string = {"bus": ["status", "operator"]}
// param runs: list of string = ["20261123-065500-a1b2"]
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)
  WHERE a.ord >= low AND a.ord < low + $step AND a.run IN $runs
  WITH a.kind AS kind, collect(properties(a)) AS found
  RETURN kind, [a IN found | a.ord] AS ord, [a IN found | a.id] AS id, [a IN found | a.name] AS name,
    [a IN found | a.source] AS source, [a IN found | a.run] AS run,
    [a IN found | a.location.longitude] AS lon, [a IN found | a.location.latitude] AS lat,
    CASE WHEN any(a IN found WHERE a.geometry IS NOT NULL) THEN [a IN found | a.geometry] END AS geometry,
    [key IN coalesce($names[kind], []) |
      CASE WHEN any(a IN found WHERE a[key] IS NOT NULL) THEN [a IN found | a[key]] END] AS properties
}
RETURN kind, ord, id, name, source, run, lon, lat, geometry, properties
