// Puts the findings back that a run had taken away.
// param run: string = "20261123-065500-a1b2"
// mode: write
MATCH (b:BeforeImage {run: $run})
WHERE b.image_what = 'finding'
REMOVE b:BeforeImage
SET b:Finding, b.run = b.image_run
REMOVE b.image_run, b.image_what, b.image_op, b.image_seq
RETURN count(*) AS done
