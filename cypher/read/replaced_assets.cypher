// Assets that these runs updated or removed: `ord` of each as it was before the first of them.
// param runs: list of string = ["20261123-065500-a1b2"]
// mode: read
UNWIND $runs AS run
MATCH (b:BeforeImage {run: run})
WHERE b.image_what = 'asset' AND NOT coalesce(b.image_run, '') IN $runs
RETURN collect(b.ord) AS ords
