// Removes the findings that a run stored, and those that imports which changed nothing made anew since.
// param run: string = "20261123-065500-a1b2"
// mode: write
MATCH (r:ImportRun {id: $run})
MATCH (f:Finding)
WHERE f.run = $run OR (f.run = '' AND f.scope IN coalesce(r.scopes, []))
DELETE f
RETURN count(*) AS done
