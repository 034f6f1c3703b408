// Takes up a run that was cut off: reserves more `ord` numbers; no row if it is not the open one.
// param importer: string = "host:4711:1700000000"
// param run: string = "20261123-065500-a1b2"
// param reserve: integer = 1000
// mode: write
MATCH (t:TwinState {id: 'twin'})
WHERE t.importer = $importer AND t.applying = $run
MATCH (r:ImportRun {id: $run})
SET t.next_ord = t.next_ord + $reserve, r.resumed = coalesce(r.resumed, 0) + 1
RETURN t.next_ord - $reserve AS first, r.batch AS batch
