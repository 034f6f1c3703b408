-- The library of an API: one file beside the twin. What is added here raises VERSION in database.py; a file of an
-- older version gets what it lacks.

CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    note TEXT NOT NULL,
    event TEXT NOT NULL,
    made_at TEXT NOT NULL,
    made_by TEXT
);

CREATE TABLE IF NOT EXISTS results (
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
CREATE VIEW IF NOT EXISTS result_rows AS
    SELECT seq, id, name, note, question, asked, revision, store_id, made_at, made_by, size FROM results;

CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL,
    step TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,
    changed INTEGER NOT NULL DEFAULT 1,
    cancelling INTEGER NOT NULL DEFAULT 0,
    result TEXT,
    report BLOB,
    error TEXT,
    owner TEXT NOT NULL,
    made_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    made_by TEXT
);

CREATE TABLE IF NOT EXISTS uploads (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    files TEXT NOT NULL,
    how TEXT NOT NULL,
    job TEXT,
    checked TEXT,
    run TEXT,
    made_at TEXT NOT NULL,
    made_by TEXT
);

CREATE TABLE IF NOT EXISTS subscriptions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    question TEXT NOT NULL,
    asked TEXT NOT NULL,
    webhook TEXT,
    secret TEXT,
    digest TEXT NOT NULL,
    facts BLOB NOT NULL,
    revision INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    trouble TEXT,
    made_at TEXT NOT NULL,
    made_by TEXT
);

CREATE TABLE IF NOT EXISTS notices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    subscription TEXT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    made_at TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL,
    last_error TEXT
);
