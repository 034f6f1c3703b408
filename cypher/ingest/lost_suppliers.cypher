// Assets that this run left without any link of one service, with the links that vanished.
// param run: string = "20261123-065500-a1b2"
// param types: list of string = ["POWERS", "CONDUCTS"]
// param mesh: list of string = ["CONDUCTS"]
// mode: read
MATCH (b:BeforeImage {run: $run})
WHERE b.image_what = 'link' AND b.image_op = 'delete' AND b.image_type IN $types
UNWIND CASE WHEN b.image_type IN $mesh THEN [b.image_from, b.image_to] ELSE [b.image_to] END AS owner
MATCH (a:Asset {id: owner})
WHERE NOT EXISTS { MATCH (a)<-[r]-(:Asset) WHERE type(r) IN $types }
  AND NOT EXISTS { MATCH (a)-[m]->(:Asset) WHERE type(m) IN $mesh }
WITH owner, b ORDER BY b.image_from, b.image_to
RETURN owner, collect(b.image_from + ' -' + b.image_type + '-> ' + b.image_to) AS vanished
ORDER BY owner
