// Takes findings away that a run made anew: those of the rules and sources it read. Kept as before-images.
// param run: string = "20261123-065500-a1b2"
// param scopes: list of string = ["grid", "stitch:feeds"]
// mode: write
MATCH (f:Finding)
WHERE f.scope IN $scopes
REMOVE f:Finding
SET f:BeforeImage, f.image_run = f.run, f.image_what = 'finding', f.image_op = 'delete', f.image_seq = -1, f.run = $run
RETURN count(*) AS done
