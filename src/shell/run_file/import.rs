//! The input's rows on their way into the run file.

use super::{Doing, RunFile, RunFileError, stage_number};
use crate::engine::Outcome;
use crate::jobs::{ItemId, NewItem, Stage};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use serde_json::{Map, Value};

/// Names a row in the run file; they count from 1 in the order of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowId(pub i64);

impl RowId {
    /// After all rows.
    pub const LAST: Self = Self(i64::MAX);
}

/// One line of the input, and what was found when it was checked.
#[derive(Debug)]
pub struct CheckedRow {
    /// Where it begins in the input, from 1.
    pub line: u64,
    /// The cells that are carried into the results.
    pub cells: Vec<String>,
    /// The item that it asks for, or why it is not sent.
    pub item: Result<NewItem, String>,
}

impl RunFile {
    /// Takes in lines of the input, in their order.
    pub fn add_rows(&mut self, rows: &[CheckedRow]) -> Result<(), RunFileError> {
        for CheckedRow { line, cells, item } in rows {
            let row = self.add_row(*line, cells)?;
            match item {
                Ok(item) => self.add_item(row, item)?,
                Err(why) => self.refuse_row(row, why)?,
            }
        }
        Ok(())
    }

    /// Takes in one line of the input.
    pub(super) fn add_row(&mut self, line: u64, cells: &[String]) -> Result<RowId, RunFileError> {
        self.begin()?;
        let cells = serde_json::to_string(cells).unwrap_or_default();
        self.doing(Doing::Write, |connection| {
            connection
                .prepare_cached("INSERT INTO row (line, cells) VALUES (?1, ?2)")?
                .insert(params![i64::try_from(line).unwrap_or(i64::MAX), cells])
                .map(RowId)
        })
    }

    /// Takes in the item that a good row asks for.
    pub(super) fn add_item(&mut self, row: RowId, item: &NewItem) -> Result<(), RunFileError> {
        self.begin()?;
        self.doing(Doing::Write, |connection| {
            insert(connection, row, &item.key, None, item).map(drop)
        })?;
        self.tally.lines += 1;
        Ok(())
    }

    /// Takes in a row that is not sent, and why.
    fn refuse_row(&mut self, row: RowId, why: &str) -> Result<(), RunFileError> {
        self.begin()?;
        let item = NewItem {
            key: no_key(row),
            company: None,
            stage: Stage::Check,
            content: "null".to_owned(),
            fields: Vec::new(),
        };
        self.doing(Doing::Write, |connection| {
            let new = insert(connection, row, &item.key, None, &item)?;
            new.map_or(Ok(()), |id| refuse(connection, id, why))
        })?;
        self.tally.lines += 1;
        self.tally.settled(Outcome::Refused, false);
        Ok(())
    }

    /// All rows are in: puts them on the disk. Where several ask for the same, all of them are
    /// refused, because nobody knows which one is meant.
    ///
    /// Keys are compared here, by sorting them once, because looking up each as it comes would read
    /// and write all over a file that is larger than memory.
    pub fn rows_are_in(&mut self, sameness: &str) -> Result<(), RunFileError> {
        const INDEX: &str = "CREATE UNIQUE INDEX item_by_key ON item (key)";
        self.begin()?;
        let create = |connection: &Connection| match connection.execute_batch(INDEX) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Ok(false)
            }
            created => created.map(|()| true),
        };
        if !self.doing(Doing::Write, create)? {
            self.refuse_doubles(sameness)?;
            self.doing(Doing::Write, |connection| connection.execute_batch(INDEX))?;
        }
        self.commit()?;
        self.begin_log()
    }

    fn refuse_doubles(&mut self, sameness: &str) -> Result<(), RunFileError> {
        let refused = self.doing(Doing::Write, |connection| {
            connection.execute_batch("CREATE INDEX double ON item (key)")?;
            let (mut refused, mut last) = (0, String::new());
            let find =
                "SELECT key FROM item WHERE key > ?1 GROUP BY key HAVING count(*) > 1 LIMIT 1";
            let mut find = connection.prepare(find)?;
            while let Some(key) = find
                .query_row([&last], |found| found.get::<_, String>(0))
                .optional()?
            {
                refused += refuse_all(connection, &key, sameness)?;
                last = key;
            }
            connection.execute_batch("DROP INDEX double")?;
            Ok(refused)
        })?;
        (0..refused).for_each(|_| self.tally.settled(Outcome::Refused, false));
        Ok(())
    }

    /// The first rows that were refused while they were read: (line, why), at most `limit`.
    pub fn refusals(&self, limit: u32) -> Result<Vec<(u64, String)>, RunFileError> {
        if self.tally.count(Outcome::Refused) == 0 {
            return Ok(Vec::new());
        }
        self.doing(Doing::Read, |connection| {
            let mut query = connection.prepare(
                "SELECT row.line, fate.error_message
                 FROM fate JOIN item ON item.id = fate.item JOIN row ON row.id = item.row
                 WHERE fate.status = 'refused' ORDER BY row.id LIMIT ?1",
            )?;
            let refusals = query.query_map([limit], |row| {
                Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
            })?;
            refusals.collect()
        })
    }
}

/// The key of an item that asks for nothing.
fn no_key(row: RowId) -> String {
    format!("refused row {}", row.0)
}

/// Refuses all items with that key, and says how many there were. The first keeps the key.
fn refuse_all(connection: &Connection, key: &str, sameness: &str) -> rusqlite::Result<usize> {
    let items: Vec<(i64, i64)> = connection
        .prepare_cached(
            "SELECT item.id, row.line FROM item JOIN row ON row.id = item.row WHERE item.key = ?1
             ORDER BY item.id LIMIT 2",
        )?
        .query_map([key], |found| Ok((found.get(0)?, found.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let [(first, first_line), (_, second_line)] = items[..] else {
        return Ok(0);
    };
    let same_as = |line: i64| format!("is for {sameness} as line {line}: keep one of them");
    refuse(connection, ItemId(first), &same_as(second_line))?;
    let others = connection
        .prepare_cached(
            "INSERT INTO fate (item, status, error_message)
             SELECT id, 'refused', ?3 FROM item WHERE key = ?1 AND id <> ?2",
        )?
        .execute(params![key, first, same_as(first_line)])?;
    // Like every row that was refused as it was read, it asks for nothing that could be sent.
    connection
        .prepare_cached(
            "UPDATE item SET content = 'null', key = iif(id = ?2, key, 'refused row ' || row) WHERE key = ?1",
        )?
        .execute(params![key, first])?;
    Ok(others + 1)
}

/// Takes in an item, unless there is one with that key.
pub(super) fn insert(
    connection: &Connection,
    row: RowId,
    key: &str,
    twin: Option<i64>,
    item: &NewItem,
) -> rusqlite::Result<Option<ItemId>> {
    let fields: Map<String, Value> = item
        .fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    let added = connection
        .prepare_cached(
            "INSERT INTO item (row, key, twin, company, stage, content, fields)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            row.0,
            key,
            twin,
            item.company,
            stage_number(item.stage),
            item.content,
            Value::Object(fields).to_string()
        ])?;
    Ok((added > 0).then(|| ItemId(connection.last_insert_rowid())))
}

fn refuse(connection: &Connection, item: ItemId, why: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO fate (item, status, error_message) VALUES (?1, 'refused', ?2)",
        )?
        .execute(params![item.0, why])
        .map(drop)
}
