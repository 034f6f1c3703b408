// Removes assets that a run created, some at a time; updated ones were restored before.
// param run: string = "20261123-065500-a1b2"
// param first: integer = 0
// param limit: integer = 10000
// mode: write
MATCH (a:Asset)
WHERE a.ord >= $first AND a.run = $run
WITH a LIMIT $limit
DETACH DELETE a
RETURN count(*) AS done
