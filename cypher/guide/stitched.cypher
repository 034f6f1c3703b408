// Guide 8: what a stitch rule joined, the longest distances (and so the least certain) first.
// param rule: string = "feed-a"
// mode: read
MATCH (a:Asset)-[r:POWERS {rule: $rule}]->(b:Asset)
RETURN a.id AS from, b.id AS to, round(r.distance_m) AS metres, r.confidence AS confidence
ORDER BY metres DESC, to
