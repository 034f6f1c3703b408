// Notes what an import that changed no row found out: stamps and counts of its sources.
// param sources: list of map = [{"id": "grid", "loader": "gis", "stamp": "00ff", "exact": true, "checked_at": "2026-11-23T06:55:00Z"}]
// mode: write
UNWIND $sources AS row
MERGE (s:Source {id: row.id})
SET s += row
RETURN count(*) AS done
