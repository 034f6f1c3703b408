// Removes links that a run created, in one chunk of `ord`; updated ones were restored before.
// param run: string = "20261123-065500-a1b2"
// param low: integer = 0
// param step: integer = 10000
// mode: write
MATCH (a:Asset)-[r]->(:Asset)
WHERE a.ord >= $low AND a.ord < $low + $step AND r.run = $run
DELETE r
RETURN count(*) AS done
