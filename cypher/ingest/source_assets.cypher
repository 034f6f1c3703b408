// What the store holds of one source: ids, content hashes and kinds of its assets, in chunks of `ord`.
// param source: string = "grid"
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)
  WHERE a.ord >= low AND a.ord < low + $step AND a.source = $source
  RETURN collect(a.id) AS ids, collect(a.hash) AS hashes, collect(a.kind) AS kinds
}
RETURN ids, hashes, kinds
