// Finds nodes by equal values and by ranges.
// identifier name: "asset_ord"
// identifier label: "Asset"
// identifier properties: ["ord"]
// mode: schema
CREATE RANGE INDEX {{name}} IF NOT EXISTS
FOR (n:{{label}})
ON ({{n.properties}})
