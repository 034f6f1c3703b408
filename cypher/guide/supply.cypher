// Guide 4: where the power of an asset comes from, up to four links upstream, to draw.
// param id: string = "telecom:battery/passau"
// mode: read
MATCH supply = (:Asset {id: $id}) (()<-[:POWERS|CONDUCTS]-()){1,4} (:Asset)
RETURN supply
ORDER BY length(supply)
LIMIT 300
