//! The input's rows on their way into the run file.

use super::{Doing, RunFile, RunFileError, stage_number};
use crate::engine::Outcome;
use crate::jobs::{ItemId, NewItem, Stage};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

/// Names a row in the run file; they count from 1 in the order of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowId(pub i64);

impl RunFile {
    /// Takes in one line of the input.
    pub fn add_row(&mut self, line: u64, cells: &[&str]) -> Result<RowId, RunFileError> {
        self.begin()?;
        let cells = serde_json::to_string(cells).unwrap_or_default();
        self.doing(Doing::Write, |connection| {
            connection
                .prepare_cached("INSERT INTO row (line, cells) VALUES (?1, ?2)")?
                .execute(params![i64::try_from(line).unwrap_or(i64::MAX), cells])?;
            Ok(RowId(connection.last_insert_rowid()))
        })
    }

    /// Takes in the item that a good row asks for. Where an earlier row asks for the same, both are
    /// refused: nobody knows which one is meant. Then the earlier one's line and whether this made
    /// it a refused one are returned.
    pub fn add_item(
        &mut self,
        row: RowId,
        line: u64,
        item: &NewItem,
        sameness: &str,
    ) -> Result<Option<Double>, RunFileError> {
        self.begin()?;
        let new = self.doing(Doing::Write, |connection| {
            insert(connection, row, &item.key, None, item)
        })?;
        if new.is_some() {
            self.tally.lines += 1;
            return Ok(None);
        }
        let (earlier_line, earlier, was_good) = self.doing(Doing::Read, |connection| {
            connection
                .prepare_cached(
                    "SELECT row.line, item.id, item.status FROM item JOIN row ON row.id = item.row WHERE item.key = ?1",
                )?
                .query_row([&item.key], |found| {
                    let status: String = found.get(2)?;
                    Ok((found.get::<_, i64>(0)?, found.get::<_, i64>(1)?, status == "pending"))
                })
        })?;
        let same_as = |other: i64| format!("is for {sameness} as line {other}: keep one of them");
        if was_good {
            let line = i64::try_from(line).unwrap_or(i64::MAX);
            self.doing(Doing::Write, |connection| {
                refuse(connection, ItemId(earlier), &same_as(line))
            })?;
            self.tally.settled(Outcome::Refused, false);
        }
        self.refuse_row(row, &same_as(earlier_line))?;
        let line = u64::try_from(earlier_line).unwrap_or_default();
        Ok(Some(Double { line, was_good }))
    }

    /// Takes in a row that is not sent, and why.
    pub fn refuse_row(&mut self, row: RowId, why: &str) -> Result<(), RunFileError> {
        self.begin()?;
        let item = NewItem {
            key: format!("refused row {}", row.0),
            company: None,
            stage: Stage::Check,
            content: Value::Null,
            fields: Vec::new(),
        };
        let new = self.doing(Doing::Write, |connection| {
            let new = insert(connection, row, &item.key, None, &item)?;
            new.map(|id| refuse(connection, id, why)).transpose()
        })?;
        if new.is_some() {
            self.tally.lines += 1;
            self.tally.settled(Outcome::Refused, false);
        }
        Ok(())
    }
}

/// An earlier row that asks for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Double {
    /// Its line.
    pub line: u64,
    /// Whether it was taken for good until now.
    pub was_good: bool,
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
    connection
        .prepare_cached(
            "INSERT INTO item (row, key, twin, company, stage, status, content, fields)
             VALUES (?1, ?2, ?3, ?4, ?5, 'pending', ?6, ?7) ON CONFLICT (key) DO NOTHING RETURNING id",
        )?
        .query_row(
            params![
                row.0,
                key,
                twin,
                item.company,
                stage_number(item.stage),
                item.content.to_string(),
                Value::Object(fields).to_string()
            ],
            |found| Ok(ItemId(found.get(0)?)),
        )
        .optional()
}

fn refuse(connection: &Connection, item: ItemId, why: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE item SET status = 'refused', error_message = ?2 WHERE id = ?1")?
        .execute(params![item.0, why])
        .map(drop)
}
