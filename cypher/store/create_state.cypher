// The state node of a new twin: a fresh identity, revision 0.
// mode: write
MERGE (t:TwinState {id: 'twin'})
ON CREATE SET t.store_id = randomUUID(), t.revision = 0, t.next_ord = 0
RETURN t.store_id AS store_id
