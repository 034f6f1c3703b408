// Guide 7: how the domains hang on each other: links from one to another, by type.
// mode: read
MATCH (a:Asset)-[r]->(b:Asset)
WHERE a.domain <> b.domain
RETURN a.domain AS from, type(r) AS type, b.domain AS to, count(*) AS links
ORDER BY links DESC, from, type, to
