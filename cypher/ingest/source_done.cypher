// Notes what was imported of each source, and keeps a before-image of what was noted before.
// param run: string = "20261123-065500-a1b2"
// param revision: integer = 8
// param sources: list of map = [{"id": "grid", "loader": "gis", "stamp": "00ff", "exact": true, "imported_at": "2026-11-23T06:55:00Z"}]
// mode: write
UNWIND $sources AS row
MERGE (s:Source {id: row.id})
CREATE (b:BeforeImage)
SET b = properties(s), b.image_run = s.run, b.image_what = 'source', b.image_op = 'update', b.image_seq = -1, b.run = $run
WITH s, row
SET s = row, s.run = $run, s.revision = $revision
RETURN count(*) AS done
