// The import runs, newest first.
// param limit: integer = 100
// mode: read
MATCH (r:ImportRun)
RETURN properties(r) AS run
ORDER BY r.seq DESC
LIMIT $limit
