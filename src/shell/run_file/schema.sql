-- What kind of run this is: job, options, input, tenant.
CREATE TABLE run (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The lines of the input, in order; `cells` is a JSON array of text.
CREATE TABLE row (
    id    INTEGER PRIMARY KEY,
    line  INTEGER NOT NULL,
    cells TEXT NOT NULL
) STRICT;

-- The units of effect, in the order of their result lines within a row.
CREATE TABLE item (
    id            INTEGER PRIMARY KEY,
    row           INTEGER NOT NULL REFERENCES row (id),
    -- Two items with one key are one: there is an index `item_by_key`, made when all rows are in.
    key           TEXT NOT NULL,
    -- The item of another row that asks for the same, and is worked on instead of this one.
    twin          INTEGER REFERENCES item (id),
    -- What it may share a request with: the items of the same company.
    company       TEXT,
    stage         INTEGER NOT NULL,
    status        TEXT NOT NULL,
    content       TEXT NOT NULL,
    fields        TEXT NOT NULL,
    -- When a write that carries it was first sent.
    sent_at       TEXT,
    attempts      INTEGER NOT NULL DEFAULT 0,
    action        TEXT NOT NULL DEFAULT '',
    http_status   INTEGER,
    error_code    TEXT NOT NULL DEFAULT '',
    error_message TEXT NOT NULL DEFAULT '',
    hint          TEXT NOT NULL DEFAULT '',
    request_id    TEXT NOT NULL DEFAULT '',
    finished_at   TEXT NOT NULL DEFAULT '',
    findings      TEXT NOT NULL DEFAULT '{}',
    -- A pass. Nothing else in this file is a secret.
    secret        TEXT
) STRICT;

CREATE INDEX item_of_row ON item (row, id);
CREATE INDEX item_in_company ON item (company, id) WHERE company IS NOT NULL;
CREATE INDEX item_with_twin ON item (twin) WHERE twin IS NOT NULL;
