// Keeps one property of a label unique, and finds nodes by it.
// identifier name: "asset_id"
// identifier label: "Asset"
// identifier properties: ["id"]
// mode: schema
CREATE CONSTRAINT {{name}} IF NOT EXISTS
FOR (n:{{label}})
REQUIRE ({{n.properties}}) IS UNIQUE
