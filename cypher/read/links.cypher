// What impact needs of all links, by chunks of their first end's `ord` as columns: one row per chunk, type and need.
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)-[r]->(b:Asset)
  WHERE a.ord >= low AND a.ord < low + $step
  RETURN type(r) AS type, r.need AS need, collect(a.ord) AS from, collect(coalesce(b.ord, -1)) AS to,
    collect(coalesce(r.group, '')) AS group
}
RETURN type, need, from, to, group
