// The twin's state with what an importer needs: revision, the next free `ord`, who is importing and which run is open.
// mode: read
MATCH (t:TwinState {id: 'twin'})
RETURN t.revision AS revision, t.next_ord AS next_ord, t.applying AS applying, t.importer AS importer,
  timestamp() - t.importer_at AS importer_age_ms
