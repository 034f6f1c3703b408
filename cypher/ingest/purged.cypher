// Notes that a run has no before-images any more.
// param run: string = "20261123-065500-a1b2"
// mode: write
MATCH (r:ImportRun {id: $run})
SET r.purged = true
