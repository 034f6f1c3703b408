// All links with their ends and all properties, by chunks of their first end's `ord`; for the digest of the content.
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)-[r]->(b:Asset)
  WHERE a.ord >= low AND a.ord < low + $step
  RETURN collect([a.id, type(r), b.id, properties(r)]) AS items
}
RETURN items
