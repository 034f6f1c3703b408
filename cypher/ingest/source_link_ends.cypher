// Ends, types and rules of the links of one source, by chunks of their first end's `ord`.
// param source: string = "grid"
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)-[r]->(b:Asset)
  WHERE a.ord >= low AND a.ord < low + $step AND r.source = $source
  RETURN collect(r.key) AS keys, collect(r.hash) AS hashes, collect(a.id) AS from_ids, collect(type(r)) AS types,
    collect(b.id) AS to_ids, collect(coalesce(r.rule, '')) AS rules
}
RETURN keys, hashes, from_ids, types, to_ids, rules
