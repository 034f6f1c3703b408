// How much a run changed, and which applied or open run is the newest.
// param run: string = "20261123-065500-a1b2"
// mode: read
MATCH (r:ImportRun {id: $run})
OPTIONAL MATCH (n:ImportRun)
WHERE n.status IN ['applied', 'applying'] AND n.seq > r.seq
WITH r, count(n) AS later, max(n.id) AS newest
RETURN properties(r) AS run, later, newest, COUNT { MATCH (:BeforeImage {run: $run}) } AS images
