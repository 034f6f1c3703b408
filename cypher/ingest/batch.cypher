// Marks one batch of a run as written, in the transaction that writes it, if it is the next one; `before` is the batch
// that was written last. No row if the run is not open or another importer holds the twin; counting the claim locks it.
// param importer: string = "host:4711:1700000000"
// param run: string = "20261123-065500-a1b2"
// param batch: integer = 3
// mode: write
MATCH (t:TwinState {id: 'twin'})
SET t.claims = coalesce(t.claims, 0) + 1
WITH t
WHERE t.importer = $importer
MATCH (r:ImportRun {id: $run})
WHERE r.status = 'applying'
WITH t, r, r.batch AS before
SET t.importer_at = timestamp(), r.batch = CASE WHEN before = $batch - 1 THEN $batch ELSE before END
RETURN before
