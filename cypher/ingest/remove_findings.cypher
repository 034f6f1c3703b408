// Removes the findings that a run stored.
// param run: string = "20261123-065500-a1b2"
// mode: write
MATCH (f:Finding {run: $run})
DELETE f
RETURN count(*) AS done
