// Guide 10: where the data come from: what each source has, when it was exported and when imported.
// mode: read
MATCH (s:Source)
RETURN s.id AS source, s.loader AS loader, s.assets AS assets, s.links AS links, s.as_of AS as_of,
       s.imported_at AS imported_at, s.revision AS revision
ORDER BY source
