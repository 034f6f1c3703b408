// Guide 3: one asset with everything that it is linked to, to draw.
// param id: string = "grid:bus/417"
// mode: read
MATCH link = (:Asset {id: $id})-[]-(:Asset)
RETURN link
