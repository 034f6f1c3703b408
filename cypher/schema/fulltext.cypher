// Finds nodes by words of their text.
// identifier name: "asset_text"
// identifier label: "Asset"
// identifier properties: ["id", "name"]
// mode: schema
CREATE FULLTEXT INDEX {{name}} IF NOT EXISTS
FOR (n:{{label}})
ON EACH [{{n.properties}}]
