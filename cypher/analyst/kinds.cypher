// How many assets of each kind every source has.
// mode: read
MATCH (a:Asset)
RETURN a.source AS source, a.domain AS domain, a.kind AS kind, count(*) AS assets
ORDER BY source, domain, kind
