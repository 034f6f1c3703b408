// Stores findings of a run.
// param rows: list of map = [{"id": "f-1", "run": "20261123-065500-a1b2", "code": "stitch_unmatched", "severity": "warning", "message": "m", "fix": "f", "assets": ["grid:bus-1"], "count": 1, "scope": "grid"}]
// mode: write
UNWIND $rows AS row
MERGE (f:Finding {id: row.id})
SET f = row
RETURN count(*) AS done
