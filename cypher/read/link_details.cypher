// All links with all they carry, by chunks of their first end's `ord` as columns: one row per chunk and type,
// a null for a property that nobody has.
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// param names: list of string = ["rule", "distance_m", "length_km"]
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)-[r]->(b:Asset)
  WHERE a.ord >= low AND a.ord < low + $step
  WITH type(r) AS type, collect(a.ord) AS from, collect(coalesce(b.ord, -1)) AS to, collect(r) AS found
  RETURN type, from, to, [r IN found | r.key] AS key, [r IN found | r.source] AS source,
    [r IN found | r.group] AS group, [r IN found | r.need] AS need,
    [name IN $names |
      CASE WHEN any(r IN found WHERE r[name] IS NOT NULL) THEN [r IN found | r[name]] END] AS properties
}
RETURN type, from, to, key, source, group, need, properties
