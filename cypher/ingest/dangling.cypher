// Links of other sources that touch these assets; they go when the assets go. For stitched links also their rule.
// param ids: list of string = ["grid:bus-1"]
// param sources: list of string = ["grid"]
// mode: read
UNWIND $ids AS id
MATCH (:Asset {id: id})-[r]-(:Asset)
WHERE NOT r.source IN $sources
WITH DISTINCT r
RETURN r.source AS source, coalesce(r.rule, '') AS rule, count(r) AS links
