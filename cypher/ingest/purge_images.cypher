// Removes some before-images of a run that is too old to be rolled back.
// param run: string = "20261123-065500-a1b2"
// param limit: integer = 10000
// mode: write
MATCH (b:BeforeImage {run: $run})
WITH b LIMIT $limit
DELETE b
RETURN count(*) AS done
