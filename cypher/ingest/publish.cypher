// Publishes a run: the revision goes up by one and the run counts as applied.
// param importer: string = "host:4711:1700000000"
// param run: string = "20261123-065500-a1b2"
// param result: map = {"finished_at": "2026-11-23T06:56:00Z", "status": "applied"}
// mode: write
MATCH (t:TwinState {id: 'twin'})
WHERE t.importer = $importer
MATCH (r:ImportRun {id: $run})
SET t.revision = t.revision + 1, r += $result, r.revision = t.revision
REMOVE t.applying
RETURN t.revision AS revision
