// Marks one batch of a run as written, in the transaction that writes it; no row if it was written before.
// param run: string = "20261123-065500-a1b2"
// param batch: integer = 3
// mode: write
MATCH (r:ImportRun {id: $run})
WHERE r.batch < $batch AND r.status = 'applying'
SET r.batch = $batch
WITH r
MATCH (t:TwinState {id: 'twin'})
SET t.importer_at = timestamp()
RETURN r.batch AS batch
