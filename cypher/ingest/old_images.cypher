// Runs whose before-images are no longer kept.
// param keep: integer = 10
// mode: read
MATCH (r:ImportRun)
WHERE r.status = 'applied' AND r.purged IS NULL
WITH r ORDER BY r.seq DESC
SKIP $keep
RETURN r.id AS run
