// The findings that imports left: rejected rows, assets without a partner, lost or skipped last suppliers.
// mode: read
MATCH (f:Finding)
RETURN f.id AS id, f.code AS code, f.severity AS severity, f.message AS message, f.fix AS fix, f.assets AS assets,
  f.count AS count, f.run AS run, f.origin AS origin, f.scope AS scope
ORDER BY f.code, f.id
