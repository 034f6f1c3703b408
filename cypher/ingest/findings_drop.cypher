// Removes the findings of these sources and rules; for an import that changed no row and makes them anew. Skipped
// suppliers are as they were then, and stay with the run that found them.
// param scopes: list of string = ["grid", "stitch:feeds"]
// mode: write
MATCH (f:Finding)
WHERE f.scope IN $scopes AND f.code <> 'supplier_skipped'
DELETE f
RETURN count(*) AS done
