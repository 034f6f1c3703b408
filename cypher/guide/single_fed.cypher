// Guide 6: routers that one single thing powers.
// mode: read
MATCH (a:Router)<-[:POWERS]-(supplier:Asset)
WITH a, collect(supplier) AS suppliers
WHERE size(suppliers) = 1
RETURN a.id AS id, a.name AS name, suppliers[0].id AS supplier, suppliers[0].kind AS kind
ORDER BY id
