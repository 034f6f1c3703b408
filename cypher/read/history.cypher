// The newest applied runs: which published state each led from and to, how much it changed, whether its images are there.
// param revision: integer = 7
// param limit: integer = 10
// mode: read
MATCH (r:ImportRun)
WHERE r.status = 'applied' AND r.revision > $revision
RETURN r.id AS run, coalesce(r.state_before, '') AS before, coalesce(r.state_after, '') AS after, r.first_ord AS first_ord,
  coalesce(r.purged, false) AS purged, properties(r) AS counts
ORDER BY r.revision DESC
LIMIT $limit
