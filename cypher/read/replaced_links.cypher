// Links that these runs updated or removed, as they were before the first of them.
// param runs: list of string = ["20261123-065500-a1b2"]
// mode: read
UNWIND $runs AS run
MATCH (b:BeforeImage {run: run})
WHERE b.image_what = 'link' AND NOT coalesce(b.image_run, '') IN $runs
RETURN collect(b.image_from) AS from, collect(b.image_type) AS type, collect(b.image_to) AS to,
  collect(coalesce(b.group, '')) AS group, collect(coalesce(b.need, '')) AS need
