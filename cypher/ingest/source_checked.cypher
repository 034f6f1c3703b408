// Notes that the exports of these sources were found unchanged.
// param sources: list of string = ["grid"]
// param at: string = "2026-11-23T06:55:00Z"
// mode: write
UNWIND $sources AS source
MATCH (s:Source {id: source})
SET s.checked_at = $at
RETURN count(*) AS done
