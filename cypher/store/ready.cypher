// Whether the server answers queries.
// mode: read
RETURN 1 AS ready
