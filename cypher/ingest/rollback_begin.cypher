// Opens a run for being rolled back: it counts as applying until that is done.
// param run: string = "20261123-065500-a1b2"
// param importer: string = "host:4711:1700000000"
// mode: write
MATCH (t:TwinState {id: 'twin'})
WHERE t.importer = $importer
MATCH (r:ImportRun {id: $run})
SET r.rolling_back = true, r.published = coalesce(r.published, r.status = 'applied'), r.status = 'applying', t.applying = $run
RETURN r.published AS published
