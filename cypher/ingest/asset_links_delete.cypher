// Removes all links of assets that are about to go, with before-images; sources that lose links forget their stamp.
// param run: string = "20261123-065500-a1b2"
// param seq: integer = 3
// param ids: list of string = ["grid:bus-1"]
// mode: write
UNWIND $ids AS id
MATCH (:Asset {id: id})-[r]-(:Asset)
WITH DISTINCT r
CREATE (b:BeforeImage)
SET b = properties(r), b.image_run = r.run, b.image_what = 'link', b.image_op = 'delete', b.image_type = type(r),
  b.image_from = startNode(r).id, b.image_to = endNode(r).id, b.image_seq = $seq, b.run = $run
WITH r, r.source AS source
DELETE r
WITH source, count(*) AS done
OPTIONAL MATCH (s:Source {id: source})
REMOVE s.stamp
RETURN sum(done) AS done
