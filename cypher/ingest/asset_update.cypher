// Replaces the properties of assets and keeps a before-image; rows are [lon, lat, properties].
// param run: string = "20261123-065500-a1b2"
// param seq: integer = 3
// param rows: list = [[9.5, 52.3, {"id": "grid:bus-1", "kind": "bus"}]]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row[2].id})
CREATE (b:BeforeImage)
SET b = properties(a), b.image_run = a.run, b.image_what = 'asset', b.image_op = 'update',
  b.image_labels = labels(a), b.image_seq = $seq, b.run = $run
WITH a, row, a.ord AS ord
SET a = row[2], a.ord = ord, a.location = point({longitude: row[0], latitude: row[1]})
RETURN count(*) AS done
