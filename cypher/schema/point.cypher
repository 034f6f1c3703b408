// Finds nodes by place.
// identifier name: "asset_location"
// identifier label: "Asset"
// identifier properties: ["location"]
// mode: schema
CREATE POINT INDEX {{name}} IF NOT EXISTS
FOR (n:{{label}})
ON ({{n.properties}})
