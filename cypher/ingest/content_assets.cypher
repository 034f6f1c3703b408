// All assets with their labels and all properties, by chunks of `ord`; for the digest of the store's content.
// param starts: list of integer = [0, 10000]
// param step: integer = 10000
// mode: read
UNWIND $starts AS low
CALL (low) {
  MATCH (a:Asset)
  WHERE a.ord >= low AND a.ord < low + $step
  RETURN collect([labels(a), properties(a)]) AS items
}
RETURN items
