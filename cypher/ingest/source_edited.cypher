// Notes that sources were edited by hand, and keeps a before-image of what was noted before. What was imported last
// stays known, so the same export does not undo the edit; but the source is no longer exactly that export.
// param run: string = "20261123-065500-a1b2"
// param sources: list of map = [{"id": "grid", "loader": "edit", "at": "2026-11-23T06:55:00Z", "assets": 1, "links": 0}]
// mode: write
UNWIND $sources AS row
MERGE (s:Source {id: row.id})
CREATE (b:BeforeImage)
SET b = properties(s), b.image_run = s.run, b.image_what = 'source', b.image_op = 'update', b.image_seq = -1, b.run = $run
WITH s, row
SET s.exact = false, s.run = $run, s.edited_at = row.at, s.loader = coalesce(s.loader, row.loader),
  s.imported_at = coalesce(s.imported_at, row.at), s.checked_at = coalesce(s.checked_at, row.at),
  s.assets = coalesce(s.assets, 0) + row.assets, s.links = coalesce(s.links, 0) + row.links
RETURN count(*) AS done
