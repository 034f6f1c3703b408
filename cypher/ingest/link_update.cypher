// Replaces the properties of links and keeps before-images; rows are [from, to, properties with key and source].
// param run: string = "20261123-065500-a1b2"
// param seq: integer = 3
// param rows: list = [["grid:bus-1", "grid:load-1", {"key": "00ff", "source": "grid"}]]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row[0]})-[r]->(b:Asset {id: row[1]})
WHERE r.key = row[2].key AND r.source = row[2].source
CREATE (i:BeforeImage)
SET i = properties(r), i.image_run = r.run, i.image_what = 'link', i.image_op = 'update', i.image_type = type(r),
  i.image_from = a.id, i.image_to = b.id, i.image_seq = $seq, i.run = $run
SET r = row[2]
RETURN count(*) AS done
