// Removes assets, whose links are gone already, with before-images.
// param run: string = "20261123-065500-a1b2"
// param seq: integer = 3
// param ids: list of string = ["grid:bus-1"]
// mode: write
UNWIND $ids AS id
MATCH (a:Asset {id: id})
CREATE (b:BeforeImage)
SET b = properties(a), b.image_run = a.run, b.image_what = 'asset', b.image_op = 'delete',
  b.image_labels = labels(a), b.image_seq = $seq, b.run = $run
DETACH DELETE a
RETURN count(*) AS done
