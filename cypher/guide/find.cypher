// Guide 2: assets whose id or name has these words (Lucene syntax), as nodes to draw.
// param text: string = "passau"
// param limit: integer = 25
// mode: read
CALL db.index.fulltext.queryNodes('asset_text', $text) YIELD node, score
RETURN node, score
ORDER BY score DESC, node.id
LIMIT $limit
