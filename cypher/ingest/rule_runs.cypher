// The applied runs, oldest first: which manifest ran a stitch rule last owns its links.
// mode: read
MATCH (r:ImportRun)
WHERE r.status = 'applied'
RETURN properties(r) AS run
ORDER BY r.seq
