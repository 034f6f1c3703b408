// Publishes a run: the revision goes up by one, the run counts as applied, and the twin keeps the users' schema
// files, so that whoever asks later reads the data with the vocabulary they were imported with. The run notes which
// published state it led from and to, so that a snapshot of the one can be brought to the other.
// param importer: string = "host:4711:1700000000"
// param run: string = "20261123-065500-a1b2"
// param result: map = {"finished_at": "2026-11-23T06:56:00Z", "status": "applied"}
// param schema_names: list of string = ["water.toml"]
// param schema_texts: list of string = ["[domains.water]"]
// mode: write
MATCH (t:TwinState {id: 'twin'})
WHERE t.importer = $importer
MATCH (r:ImportRun {id: $run})
SET r.state_before = coalesce(t.state_id, '')
SET t.revision = t.revision + 1, t.state_id = randomUUID(), t.schema_names = $schema_names,
  t.schema_texts = $schema_texts, r += $result, r.revision = t.revision, r.state_after = t.state_id
REMOVE t.applying
RETURN t.revision AS revision
