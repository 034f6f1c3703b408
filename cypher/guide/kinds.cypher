// Guide 1: what is in the twin, by domain and kind.
// mode: read
MATCH (a:Asset)
RETURN a.domain AS domain, a.kind AS kind, count(*) AS assets
ORDER BY domain, assets DESC, kind
