// Removes the findings of these sources and rules; for an import that changed no row and makes them anew.
// param scopes: list of string = ["grid", "stitch:feeds"]
// mode: write
MATCH (f:Finding)
WHERE f.scope IN $scopes
DELETE f
RETURN count(*) AS done
