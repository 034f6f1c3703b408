// What answers need of all links, by chunks of their first end's `ord` as columns: one row per chunk, type, need and
// whether they have a length or latency of their own, -1 where one of the two is not there.
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)-[r]->(b:Asset)
  WHERE a.ord >= low AND a.ord < low + $step
  WITH a, b, r, r.length_km IS NOT NULL OR r.latency_ms IS NOT NULL AS measured
  RETURN type(r) AS type, r.need AS need, measured, collect(a.ord) AS from, collect(coalesce(b.ord, -1)) AS to,
    collect(coalesce(r.group, '')) AS group,
    collect(CASE WHEN measured THEN coalesce(r.length_km, -1.0) END) AS length_km,
    collect(CASE WHEN measured THEN coalesce(r.latency_ms, -1.0) END) AS latency_ms
}
RETURN type, need, from, to, group, length_km, latency_ms
