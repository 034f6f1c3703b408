// Takes the right to import, unless another importer has it; no row if it does. One importer at a time.
// param importer: string = "host:4711:1700000000"
// param free: list of string = ["host:4700:1690000000"]
// param stale_ms: integer = 900000
// mode: write
MATCH (t:TwinState {id: 'twin'})
SET t.claims = coalesce(t.claims, 0) + 1
WITH t
WHERE t.importer IS NULL OR t.importer = $importer OR t.importer IN $free OR timestamp() - t.importer_at > $stale_ms
SET t.importer = $importer, t.importer_at = timestamp()
RETURN t.revision AS revision, coalesce(t.next_ord, 0) AS next_ord, t.applying AS applying
