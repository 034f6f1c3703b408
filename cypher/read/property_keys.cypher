// Every property key that the database knows; some may be on nothing any more.
// mode: read
CALL db.propertyKeys() YIELD propertyKey
RETURN collect(propertyKey) AS keys
