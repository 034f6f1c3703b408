// Takes findings about a lost or skipped last supplier away once a link of the service is there again, or the asset is gone.
// param run: string = "20261123-065500-a1b2"
// param service: string = "power"
// param types: list of string = ["POWERS", "CONDUCTS"]
// param mesh: list of string = ["CONDUCTS"]
// mode: write
MATCH (f:Finding {service: $service})
WHERE f.code IN ['last_supplier_removed', 'supplier_skipped'] AND NOT EXISTS {
  MATCH (a:Asset {id: f.asset})
  WHERE NOT EXISTS { MATCH (a)<-[r]-(:Asset) WHERE type(r) IN $types }
    AND NOT EXISTS { MATCH (a)-[m]->(:Asset) WHERE type(m) IN $mesh }
}
REMOVE f:Finding
SET f:BeforeImage, f.image_run = f.run, f.image_what = 'finding', f.image_op = 'delete', f.image_seq = -1, f.run = $run
RETURN count(*) AS done
