// Removes links, with before-images; rows are [from, to, key, source]. Links that are gone already do no harm.
// param run: string = "20261123-065500-a1b2"
// param seq: integer = 3
// param rows: list = [["grid:bus-1", "grid:load-1", "00ff", "grid"]]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row[0]})-[r]->(b:Asset {id: row[1]})
WHERE r.key = row[2] AND r.source = row[3]
CREATE (i:BeforeImage)
SET i = properties(r), i.image_run = r.run, i.image_what = 'link', i.image_op = 'delete', i.image_type = type(r),
  i.image_from = a.id, i.image_to = b.id, i.image_seq = $seq, i.run = $run
DELETE r
RETURN count(*) AS done
