// Assets that several sources describe, with who says what of them as JSON.
// mode: read
MATCH (a:Asset)
WHERE a.enriched = true
RETURN a.id AS id, a.said AS said
ORDER BY id
