// Waits until all indexes are online.
// param seconds: integer = 600
// mode: read
CALL db.awaitIndexes($seconds)
