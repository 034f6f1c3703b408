// Every source of the twin: what was imported last, when, and how much there is of it.
// mode: read
MATCH (s:Source)
RETURN s.id AS source, s.loader AS loader, s.run AS run, s.stamp AS stamp, s.exact AS exact, s.revision AS revision,
  s.imported_at AS imported_at, s.checked_at AS checked_at, s.as_of AS as_of, s.as_of_from AS as_of_from, s.assets AS assets, s.links AS links
ORDER BY source
