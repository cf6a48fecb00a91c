//! The run file: the truth about one run, in one `SQLite` database. Every other output is a view of
//! it.
//!
//! Writes gather in a transaction until [`RunFile::commit`], which returns when they are on the
//! disk. The driver commits once a turn, before it sends anything and before it shows anything.

mod error;
mod forget;
mod header;
mod import;
mod lines;
mod log;
mod look;
mod opening;
mod place;
mod retry;
mod transitions;

pub use error::{Doing, RunFileError};
pub use header::Header;
pub use import::{CheckedRow, RowId};
pub use lines::{Line, RowCounts, Tally, Trouble};
pub use look::Look;
pub use place::{folder_of, move_aside, note_beside, remove_if_empty, with_companions};

use crate::engine::BatchId;
use crate::jobs::{Item, ItemId, Stage};
use rusqlite::{Connection, OptionalExtension, Params, params};
use secrecy::SecretString;
use std::collections::HashMap;
use std::path::PathBuf;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use transitions::{Intent, Standing, sent_between};

/// An open run file. No other process can open it meanwhile.
#[derive(Debug)]
pub struct RunFile {
    connection: Connection,
    path: PathBuf,
    /// Which file it is, whatever is at its path.
    id: Option<place::FileId>,
    in_transaction: bool,
    /// Whether changes go into the log.
    has_log: bool,
    tally: Tally,
    /// What is known of the items that were pulled and have not ended, so that they need not be
    /// looked up for each event.
    open: HashMap<ItemId, Standing>,
    /// The batches that are on their way.
    intents: HashMap<BatchId, Intent>,
    /// Whether some rows ask for what others ask for too.
    has_twins: bool,
    /// Passes since the last commit: the only place where they are.
    unsaved: Vec<(ItemId, SecretString)>,
}

/// A pass that could not be put on the disk.
#[derive(Clone, Debug)]
pub struct Unsaved {
    /// The line of the input that it belongs to.
    pub line: u64,
    /// The input's cells that are carried.
    pub cells: Vec<String>,
    /// The pass.
    pub secret: SecretString,
}

impl RunFile {
    /// Whether losing this file would lose anything: something was sent, found or tried again for it, in
    /// a tenant that still is.
    pub fn holds_truth(&self) -> Result<bool, RunFileError> {
        if self.header()?.tenant == Header::SANDBOX {
            return Ok(false);
        }
        self.doing(Doing::Read, |connection| {
            let query = "SELECT 1 FROM batch UNION ALL SELECT 1 FROM history UNION ALL
                         SELECT 1 FROM fate WHERE status <> 'refused' LIMIT 1";
            Ok(connection
                .query_row(query, [], |_| Ok(()))
                .optional()?
                .is_some())
        })
    }

    /// Puts everything since the last commit on the disk.
    pub fn commit(&mut self) -> Result<(), RunFileError> {
        if self.in_transaction {
            self.doing(Doing::Write, |connection| {
                connection.execute_batch("COMMIT")
            })?;
            self.in_transaction = false;
            self.unsaved.clear();
        }
        Ok(())
    }

    /// The passes since the last commit, for the time when there will be no other one. Those whose
    /// row can no longer be read come without its cells.
    pub fn unsaved(&self) -> Vec<Unsaved> {
        let row_of = |item: ItemId| {
            self.doing(Doing::Read, |connection| {
                let query =
                    "SELECT line, cells FROM row JOIN item ON row.id = item.row WHERE item.id = ?1";
                connection.query_row(query, [item.0], |row| {
                    Ok((
                        row.get::<_, i64>(0)?.unsigned_abs(),
                        row.get::<_, String>(1)?,
                    ))
                })
            })
        };
        let unsaved = self.unsaved.iter().map(|(item, secret)| {
            let (line, cells) = row_of(*item).unwrap_or_default();
            Unsaved {
                line,
                cells: serde_json::from_str(&cells).unwrap_or_default(),
                secret: secret.clone(),
            }
        });
        unsaved.collect()
    }

    /// The next items of a stage after `after` that are not settled and belong to no company, at most
    /// `limit`, in order, of rows up to `last_row`.
    pub fn pull(
        &mut self,
        stage: Stage,
        after: ItemId,
        last_row: RowId,
        limit: usize,
    ) -> Result<Vec<Item>, RunFileError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.items(
            "SELECT id, content, first_sent_at, last_sent_at, status, attempts FROM item LEFT JOIN fate ON item = id
             WHERE id > ?1 AND stage = ?2 AND company IS NULL AND twin IS NULL
                 AND (status IS NULL OR status IN ('pending', 'sent')) AND row <= ?4
             ORDER BY id LIMIT ?3",
            params![after.0, stage_number(stage), limit, last_row.0],
        )
    }

    /// The same of one company.
    pub fn pull_company(
        &mut self,
        company: &str,
        after: ItemId,
        limit: usize,
    ) -> Result<Vec<Item>, RunFileError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.items(
            "SELECT id, content, first_sent_at, last_sent_at, status, attempts FROM item LEFT JOIN fate ON item = id
             WHERE company = ?1 AND id > ?2 AND twin IS NULL
                 AND (status IS NULL OR status IN ('pending', 'sent'))
             ORDER BY id LIMIT ?3",
            params![company, after.0, limit],
        )
    }

    /// The last row before others are left, if the first `rows` of those are worked on of which
    /// something is not settled; [`RowId::LAST`] where none are left.
    pub fn last_row_of(&self, rows: u64) -> Result<RowId, RunFileError> {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        self.doing(Doing::Read, |connection| {
            let query = "SELECT DISTINCT row FROM item LEFT JOIN fate ON item = id
                         WHERE status IS NULL OR status IN ('pending', 'sent')
                         ORDER BY row LIMIT 1 OFFSET ?1";
            let next = connection.query_row(query, [rows], |found| found.get::<_, i64>(0));
            Ok(next.optional()?.map_or(RowId::LAST, |next| RowId(next - 1)))
        })
    }

    /// The companies of all items that are not settled.
    pub fn companies(&self) -> Result<Vec<String>, RunFileError> {
        self.doing(Doing::Read, |connection| {
            let mut query = connection.prepare(
                "SELECT DISTINCT company FROM item LEFT JOIN fate ON item = id
                 WHERE company IS NOT NULL AND twin IS NULL
                     AND (status IS NULL OR status IN ('pending', 'sent'))",
            )?;
            query.query_map([], |row| row.get(0))?.collect()
        })
    }

    fn items(&mut self, query: &str, values: impl Params) -> Result<Vec<Item>, RunFileError> {
        let pulled: Vec<(Item, Standing)> = self.doing(Doing::Read, |connection| {
            let mut query = connection.prepare_cached(query)?;
            let rows = query.query_map(values, |row| {
                let item = Item {
                    id: ItemId(row.get(0)?),
                    content: row.get(1)?,
                    sent: sent_between(row, 2)?,
                };
                Ok((item, Standing::read(row, 4)?))
            })?;
            rows.collect()
        })?;
        let remember = |(item, standing): (Item, Standing)| {
            self.open.entry(item.id).or_insert(standing);
            item
        };
        Ok(pulled.into_iter().map(remember).collect())
    }

    fn begin(&mut self) -> Result<(), RunFileError> {
        if !self.in_transaction {
            self.doing(Doing::Write, |connection| {
                connection.execute_batch("BEGIN IMMEDIATE")
            })?;
            self.in_transaction = true;
        }
        Ok(())
    }

    fn doing<T>(
        &self,
        doing: Doing,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RunFileError> {
        work(&self.connection).map_err(|source| RunFileError::new(&self.path, doing, &source))
    }
}

const fn stage_number(stage: Stage) -> i64 {
    match stage {
        Stage::Check => 0,
        Stage::Work => 1,
    }
}

/// Times are kept to the second: RFC 3339, UTC.
fn timestamp(at: OffsetDateTime) -> String {
    let at = at
        .to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests;
