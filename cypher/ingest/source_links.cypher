// What the store holds of one source: keys and content hashes of its links, by chunks of their first end's `ord`.
// param source: string = "grid"
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)-[r]->(:Asset)
  WHERE a.ord >= low AND a.ord < low + $step AND r.source = $source
  RETURN collect(r.key) AS keys, collect(r.hash) AS hashes
}
RETURN low, keys, hashes
