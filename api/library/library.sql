-- The library of an API: one file beside the twin. A change of it raises VERSION in database.py.

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    event TEXT NOT NULL,
    made_at TEXT NOT NULL,
    made_by TEXT
);

CREATE TABLE results (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    note TEXT NOT NULL,
    question TEXT NOT NULL,
    asked TEXT NOT NULL,
    revision INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    made_at TEXT NOT NULL,
    made_by TEXT,
    size INTEGER NOT NULL,
    answer BLOB NOT NULL
);

-- Without the answers.
CREATE VIEW result_rows AS
    SELECT seq, id, name, note, question, asked, revision, store_id, made_at, made_by, size FROM results;
