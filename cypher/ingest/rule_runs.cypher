// The applied runs, oldest first: which manifest ran a stitch rule last owns its links.
// mode: read
MATCH (r:ImportRun)
WHERE r.status = 'applied'
RETURN {rules: coalesce(r.rules, []), owner: coalesce(r.owner, '')} AS run
ORDER BY r.seq
