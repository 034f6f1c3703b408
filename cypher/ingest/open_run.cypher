// Records a new run and reserves its `ord` numbers; no row if the twin changed since it was planned.
// param importer: string = "host:4711:1700000000"
// param revision: integer = 7
// param reserve: integer = 1000
// param run: map = {"id": "20261123-065500-a1b2", "source": "grid", "status": "applying"}
// param applying: string? = "20261123-065500-a1b2"
// mode: write
MATCH (t:TwinState {id: 'twin'})
WHERE t.importer = $importer AND t.revision = $revision
SET t.next_ord = coalesce(t.next_ord, 0) + $reserve, t.next_run = coalesce(t.next_run, 0) + 1, t.applying = $applying
WITH t, t.next_ord - $reserve AS first
CREATE (r:ImportRun)
SET r = $run, r.seq = t.next_run, r.first_ord = first, r.batch = 0
RETURN first, r.batch AS batch
