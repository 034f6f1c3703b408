// Assets whose id or name has these words, best first (Lucene syntax).
// param text: string = "karlsruhe"
// param limit: integer = 25
// mode: read
CALL db.index.fulltext.queryNodes('asset_text', $text) YIELD node, score
RETURN node.id AS id, node.kind AS kind, node.name AS name, score
LIMIT $limit
