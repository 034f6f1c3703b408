// Puts back what was noted of the sources before a run; a source that the run brought is forgotten.
// param run: string = "20261123-065500-a1b2"
// mode: write
MATCH (b:BeforeImage {run: $run})
WHERE b.image_what = 'source'
MATCH (s:Source {id: b.id})
SET s = properties(b), s.run = b.image_run
REMOVE s.image_run, s.image_what, s.image_op, s.image_seq
DELETE b
WITH s
WHERE s.run IS NULL
DELETE s
RETURN count(*) AS done
