// Makes assets that a run removed again, some at a time.
// param run: string = "20261123-065500-a1b2"
// param limit: integer = 10000
// mode: write
MATCH (b:BeforeImage {run: $run})
WHERE b.image_what = 'asset' AND b.image_op = 'delete'
WITH b LIMIT $limit
CREATE (a:Asset)
SET a = properties(b), a.run = b.image_run, a:$(b.image_labels)
REMOVE a.image_run, a.image_what, a.image_op, a.image_labels, a.image_seq
DELETE b
RETURN count(*) AS done
