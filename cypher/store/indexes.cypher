// The indexes and constraints of the database and whether they are online.
// mode: read
SHOW INDEXES YIELD name, state
RETURN name, state
