// Identity, revision and the import run in progress of the twin.
// mode: read
MATCH (t:TwinState {id: 'twin'})
RETURN t.store_id AS store_id, t.revision AS revision, t.next_ord AS next_ord, t.applying AS applying
