// Gives links that a run updated their old properties back, some at a time.
// param run: string = "20261123-065500-a1b2"
// param limit: integer = 10000
// mode: write
MATCH (b:BeforeImage {run: $run})
WHERE b.image_what = 'link' AND b.image_op = 'update'
WITH b LIMIT $limit
MATCH (x:Asset {id: b.image_from})-[r]->(y:Asset {id: b.image_to})
WHERE r.key = b.key AND r.source = b.source
SET r = properties(b), r.run = b.image_run
REMOVE r.image_run, r.image_what, r.image_op, r.image_type, r.image_from, r.image_to, r.image_seq
DELETE b
RETURN count(*) AS done
