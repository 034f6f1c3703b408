// Identity, revision, the import run in progress and the users' schema files of the twin.
// mode: read
MATCH (t:TwinState {id: 'twin'})
RETURN t.store_id AS store_id, t.revision AS revision, t.next_ord AS next_ord, t.applying AS applying,
  coalesce(t.state_id, '') AS state_id,
  coalesce(t.schema_names, []) AS schema_names, coalesce(t.schema_texts, []) AS schema_texts
