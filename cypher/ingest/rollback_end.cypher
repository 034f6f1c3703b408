// Closes a rollback; the revision goes up if the run had been published.
// param run: string = "20261123-065500-a1b2"
// param importer: string = "host:4711:1700000000"
// param at: string = "2026-11-23T06:55:00Z"
// mode: write
MATCH (t:TwinState {id: 'twin'})
WHERE t.importer = $importer
MATCH (r:ImportRun {id: $run})
SET t.revision = t.revision + CASE WHEN r.published THEN 1 ELSE 0 END,
  t.state_id = randomUUID(), r.status = 'rolled_back', r.rolled_back_at = $at
REMOVE t.applying, r.rolling_back, r.planned
RETURN t.revision AS revision
