// The newest applied run: whose rules it left as they should be, and what these said.
// mode: read
MATCH (r:ImportRun)
WHERE r.status = 'applied'
RETURN coalesce(r.owner, '') AS owner, coalesce(r.rules, []) AS rules, coalesce(r.rule_digests, []) AS digests
ORDER BY r.seq DESC
LIMIT 1
