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
    id      INTEGER PRIMARY KEY,
    row     INTEGER NOT NULL REFERENCES row (id),
    -- Two items with one key are one: there is an index `item_by_key`, made when all rows are in.
    key     TEXT NOT NULL,
    -- The item of another row that asks for the same, and is worked on instead of this one.
    twin    INTEGER REFERENCES item (id),
    -- What it may share a request with: the items of the same company.
    company TEXT,
    stage   INTEGER NOT NULL,
    content TEXT NOT NULL,
    fields  TEXT NOT NULL
) STRICT;

CREATE INDEX item_of_row ON item (row, id);
CREATE INDEX item_in_company ON item (company, id) WHERE company IS NOT NULL;
CREATE INDEX item_with_twin ON item (twin) WHERE twin IS NOT NULL;

-- The batches that are on their way, with the items of their writes, a JSON array of ids: these are
-- `sent`. When the replies are recorded the batch goes, and `fate` has what is known of its items.
CREATE TABLE batch (
    id      INTEGER PRIMARY KEY,
    sent_at TEXT NOT NULL,
    items   TEXT NOT NULL
) STRICT;

-- What became of items. One that is neither here nor in `batch` is pending.
CREATE TABLE fate (
    item          INTEGER PRIMARY KEY REFERENCES item (id),
    status        TEXT NOT NULL,
    -- When writes that carry it were sent, the first and the last, as long as nobody knows what came
    -- of them: also where it ended in doubt.
    first_sent_at TEXT,
    last_sent_at  TEXT,
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

-- How items ended before they were run again.
CREATE TABLE history (
    item          INTEGER NOT NULL REFERENCES item (id),
    status        TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    action        TEXT NOT NULL,
    http_status   INTEGER,
    error_code    TEXT NOT NULL,
    error_message TEXT NOT NULL,
    hint          TEXT NOT NULL,
    request_id    TEXT NOT NULL,
    finished_at   TEXT NOT NULL,
    retried_at    TEXT NOT NULL
) STRICT;

-- All of it together, an item a line. An item is on its way while the one is that is worked on instead
-- of it.
CREATE VIEW line AS
WITH carried AS MATERIALIZED (SELECT value AS item FROM batch, json_each(batch.items))
SELECT row.id AS row, row.line, row.cells, item.id AS item, item.key, item.fields,
    CASE WHEN coalesce(fate.status, 'pending') = 'pending' AND (
            item.id IN carried OR item.twin IN carried
            OR EXISTS (SELECT 1 FROM fate AS other WHERE other.item = item.twin AND other.status = 'sent'))
        THEN 'sent' ELSE coalesce(fate.status, 'pending') END AS status,
    coalesce(fate.attempts, 0)
        + (coalesce(fate.status, 'pending') IN ('pending', 'sent') AND item.id IN carried) AS attempts,
    coalesce(fate.action, '') AS action, fate.http_status,
    coalesce(fate.error_code, '') AS error_code, coalesce(fate.error_message, '') AS error_message,
    coalesce(fate.hint, '') AS hint, coalesce(fate.request_id, '') AS request_id,
    coalesce(fate.finished_at, '') AS finished_at, coalesce(fate.findings, '{}') AS findings, fate.secret
FROM row JOIN item ON item.row = row.id LEFT JOIN fate ON fate.item = item.id;
