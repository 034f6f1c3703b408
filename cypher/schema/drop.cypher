// Removes a search index, to make it anew when a large import is done.
// identifier name: "asset_text"
// mode: schema
DROP INDEX {{name}} IF EXISTS
