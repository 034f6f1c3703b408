// Gives the right to import back.
// param importer: string = "host:4711:1700000000"
// mode: write
MATCH (t:TwinState {id: 'twin'})
WHERE t.importer = $importer
REMOVE t.importer, t.importer_at
