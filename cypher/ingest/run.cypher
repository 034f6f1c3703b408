// One import run with everything that was recorded of it.
// param run: string = "20261123-065500-a1b2"
// mode: read
MATCH (r:ImportRun {id: $run})
RETURN properties(r) AS run
