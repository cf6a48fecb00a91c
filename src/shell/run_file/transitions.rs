//! What happens to items: each event changes their status by the one transition table.

use super::import::insert;
use super::{Doing, RowId, RunFile, RunFileError, timestamp};
use crate::engine::{BatchId, Event, Outcome, Status};
use crate::jobs::{Action, ItemId, NewItem, Sent, Settlement, visible};
use rusqlite::{Connection, OptionalExtension, Row, ffi, params};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is known of an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    status: Status,
    /// How often a write that carries it was sent.
    attempts: u32,
}

impl Standing {
    /// From the columns `status` and `attempts` of `fate`, the first of which is at `place`.
    pub(super) fn read(row: &Row<'_>, place: usize) -> rusqlite::Result<Self> {
        let word = row.get_ref(place)?.as_str_or_null()?;
        Ok(Self {
            status: word.map_or(Ok(Status::Pending), status_of)?,
            attempts: row.get::<_, Option<u32>>(place + 1)?.unwrap_or_default(),
        })
    }
}

/// When writes were sent of which nobody knows what came of them: from the columns `first_sent_at`
/// and `last_sent_at` of `fate`, the first of which is at `place`.
pub(super) fn sent_between(row: &Row<'_>, place: usize) -> rusqlite::Result<Option<Sent>> {
    let at = |place| -> rusqlite::Result<Option<OffsetDateTime>> {
        let text: Option<String> = row.get(place)?;
        Ok(text.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok()))
    };
    let (first, last) = (at(place)?, at(place + 1)?);
    Ok(first.map(|first| Sent::at(first).and_at(last.unwrap_or(first))))
}

/// What the file calls a status. A word that is none is never taken for another.
pub(super) fn status_of(word: &str) -> rusqlite::Result<Status> {
    Status::from_word(word).ok_or_else(|| {
        let what = format!("`{}` is not a status", visible(word));
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(what))
    })
}

/// A batch that is on its way.
#[derive(Debug)]
pub(super) struct Intent {
    /// When it was sent.
    at: String,
    /// The items of its writes.
    items: Vec<ItemId>,
}

impl RunFile {
    /// A batch is about to be sent whose writes carry these items.
    pub fn sent(
        &mut self,
        batch: BatchId,
        items: Vec<ItemId>,
        at: OffsetDateTime,
    ) -> Result<(), RunFileError> {
        if items.is_empty() {
            return Ok(());
        }
        for item in &items {
            self.after(*item, Event::Sent)?;
            if let Some(standing) = self.open.get_mut(item) {
                standing.attempts += 1;
            }
        }
        let at = timestamp(at);
        let ids: Vec<i64> = items.iter().map(|item| item.0).collect();
        let ids = serde_json::to_string(&ids).unwrap_or_default();
        self.doing(Doing::Write, |connection| {
            connection
                .prepare_cached("INSERT INTO batch (id, sent_at, items) VALUES (?1, ?2, ?3)")?
                .execute(params![batch.0.cast_signed(), at, ids])
        })?;
        self.intents.insert(batch, Intent { at, items });
        Ok(())
    }

    /// The write that carried these items certainly did not run.
    pub fn returned(&mut self, items: &[ItemId]) -> Result<(), RunFileError> {
        items
            .iter()
            .try_for_each(|item| self.mark(*item, Event::Returned))
    }

    /// All replies to a batch have been recorded. An item that has neither ended nor been returned is
    /// still `sent`: what came back does not say what became of it. The times of its first and its
    /// last write are kept.
    pub fn landed(&mut self, batch: BatchId) -> Result<(), RunFileError> {
        let Some(Intent { at, items }) = self.intents.remove(&batch) else {
            return Ok(());
        };
        self.begin()?;
        for item in items {
            if let Some(standing) = self.open.get(&item).copied()
                && standing.status == Status::Sent
            {
                self.doing(Doing::Write, |connection| {
                    write_standing(connection, item, standing, Some(&at))
                })?;
            }
        }
        self.doing(Doing::Write, |connection| {
            connection
                .prepare_cached("DELETE FROM batch WHERE id = ?1")?
                .execute([batch.0.cast_signed()])
                .map(drop)
        })
    }

    /// The process that sent the batches which are on their way has ended, and nobody will hear the
    /// replies.
    pub(super) fn lose_batches(&mut self) -> Result<(), RunFileError> {
        self.has_twins = self.doing(Doing::Write, |connection| {
            connection.execute_batch(
                "INSERT INTO fate (item, status, first_sent_at, last_sent_at, attempts)
                 SELECT carried.value, 'sent', batch.sent_at, batch.sent_at, 1
                 FROM batch, json_each(batch.items) AS carried WHERE true
                 ON CONFLICT (item) DO UPDATE SET status = 'sent', attempts = attempts + 1,
                     first_sent_at = min(coalesce(first_sent_at, excluded.first_sent_at), excluded.first_sent_at),
                     last_sent_at = max(coalesce(last_sent_at, excluded.last_sent_at), excluded.last_sent_at)
                 WHERE status IN ('pending', 'sent');
                 DELETE FROM batch",
            )?;
            let query = "SELECT EXISTS (SELECT 1 FROM item WHERE twin IS NOT NULL)";
            connection.query_row(query, [], |found| found.get(0))
        })?;
        Ok(())
    }

    /// An item became others, and needs no line of its own.
    pub fn expanded(&mut self, item: ItemId) -> Result<(), RunFileError> {
        self.mark(item, Event::Expanded)
    }

    /// An item has ended, and with it those of other rows that asked for the same.
    pub fn settle(
        &mut self,
        item: ItemId,
        settlement: &Settlement,
        attempts: u32,
        at: OffsetDateTime,
    ) -> Result<(), RunFileError> {
        self.settle_one(item, settlement, attempts, at)?;
        if !self.has_twins {
            return Ok(());
        }
        let twins: Vec<ItemId> = self.doing(Doing::Read, |connection| {
            let mut query = connection.prepare_cached(
                "SELECT id FROM item WHERE twin = ?1
                     AND NOT EXISTS (SELECT 1 FROM fate WHERE fate.item = item.id AND status <> 'pending')",
            )?;
            query
                .query_map([item.0], |row| Ok(ItemId(row.get(0)?)))?
                .collect()
        })?;
        for twin in twins {
            self.settle_twin(twin, settlement, at)?;
        }
        Ok(())
    }

    /// The items that `parent` turned out to be, with the ending of those that need no work.
    ///
    /// One that the row has already is left as it is, so a listing that starts again after a crash
    /// adds nothing twice. One that another row asks for too becomes its twin, and ends when that
    /// one does.
    pub fn found(
        &mut self,
        parent: ItemId,
        items: &[(NewItem, Option<Settlement>)],
        at: OffsetDateTime,
    ) -> Result<(), RunFileError> {
        self.begin()?;
        let row = self.doing(Doing::Read, |connection| {
            connection.query_row("SELECT row FROM item WHERE id = ?1", [parent.0], |found| {
                Ok(RowId(found.get(0)?))
            })
        })?;
        for (item, settlement) in items {
            let known = self.known(&item.key)?;
            if known.as_ref().is_some_and(|known| known.row == row) {
                continue;
            }
            let twin = known.filter(|_| settlement.is_none());
            let key = match (&twin, settlement) {
                (None, None) => item.key.clone(),
                _ => format!("{} of row {}", item.key, row.0),
            };
            let twin_id = twin.as_ref().map(|twin| twin.id.0);
            let new = self.doing(Doing::Write, |connection| {
                insert(connection, row, &key, twin_id, item)
            })?;
            let Some(new) = new else { continue };
            self.tally.lines += 1;
            self.has_twins |= twin.is_some();
            match (settlement, twin) {
                (Some(settlement), _) => self.settle_one(new, settlement, 0, at)?,
                (
                    None,
                    Some(Known {
                        id,
                        status: Status::Settled(outcome),
                        ..
                    }),
                ) => {
                    let settlement = self.settlement_of(id, outcome)?;
                    self.settle_twin(new, &settlement, at)?;
                }
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn known(&self, key: &str) -> Result<Option<Known>, RunFileError> {
        self.doing(Doing::Read, |connection| {
            connection
                .prepare_cached(
                    "SELECT id, row, status, attempts FROM item LEFT JOIN fate ON item = id
                     WHERE key = ?1",
                )?
                .query_row([key], |row| {
                    Ok(Known {
                        id: ItemId(row.get(0)?),
                        row: RowId(row.get(1)?),
                        status: Standing::read(row, 2)?.status,
                    })
                })
                .optional()
        })
    }

    /// How an item ended, as far as it says something about another one that asked for the same.
    fn settlement_of(&self, item: ItemId, outcome: Outcome) -> Result<Settlement, RunFileError> {
        self.doing(Doing::Read, |connection| {
            let query = "SELECT http_status, error_code, error_message, hint, request_id
                         FROM fate WHERE item = ?1";
            connection
                .prepare_cached(query)?
                .query_row([item.0], |row| {
                    Ok(Settlement {
                        http_status: row.get(0)?,
                        error_code: row.get(1)?,
                        error_message: row.get(2)?,
                        hint: row.get(3)?,
                        request_id: row.get(4)?,
                        ..Settlement::new(outcome, None)
                    })
                })
        })
    }

    /// Ends the item of a second row that asked for the same: what was done was done for the first
    /// one.
    fn settle_twin(
        &mut self,
        twin: ItemId,
        settlement: &Settlement,
        at: OffsetDateTime,
    ) -> Result<(), RunFileError> {
        let mut settlement = settlement.clone();
        match settlement.outcome {
            Outcome::Succeeded | Outcome::Unchanged => {
                settlement.outcome = Outcome::Unchanged;
                settlement.action = Some(Action::Kept);
            }
            Outcome::InDoubt => self.mark(twin, Event::Sent)?,
            Outcome::Failed | Outcome::Refused => {}
        }
        self.settle_one(twin, &settlement, 0, at)
    }

    fn settle_one(
        &mut self,
        item: ItemId,
        settlement: &Settlement,
        attempts: u32,
        at: OffsetDateTime,
    ) -> Result<(), RunFileError> {
        // First of all: whatever fails now, the pass is here.
        if let Some(secret) = &settlement.secret {
            self.unsaved.push((item, secret.clone()));
        }
        let standing = self.after(item, Event::Settled(settlement.outcome))?;
        let standing = Standing {
            attempts: standing.attempts.max(attempts),
            ..standing
        };
        let warned = settlement.outcome.is_good() && !settlement.error_code.is_empty();
        self.tally.settled(settlement.outcome, warned);
        // Whoever looks later has to know when that was made which may be its work.
        let on_its_way = self
            .intents
            .values()
            .find(|intent| settlement.outcome == Outcome::InDoubt && intent.items.contains(&item));
        let sent_at = on_its_way.map(|intent| intent.at.as_str());
        self.doing(Doing::Write, |connection| {
            write_settlement(connection, item, standing, settlement, at, sent_at)
        })
    }

    /// Moves an item along the transition table where nothing else is known of it.
    fn mark(&mut self, item: ItemId, event: Event) -> Result<(), RunFileError> {
        let standing = self.after(item, event)?;
        self.doing(Doing::Write, |connection| {
            write_standing(connection, item, standing, None)
        })
    }

    /// What an item is after an event, by the one transition table. The caller writes it down,
    /// together with what else is new.
    fn after(&mut self, item: ItemId, event: Event) -> Result<Standing, RunFileError> {
        self.begin()?;
        let before = self.standing(item)?;
        let Some(next) = before.status.after(event) else {
            return Err(RunFileError::Impossible {
                path: self.path.clone(),
                item: item.0,
                status: before.status.as_str(),
                event: event.as_str(),
            });
        };
        let lines = &mut self.tally;
        lines.sent += u64::from(next == Status::Sent);
        lines.sent = lines
            .sent
            .saturating_sub(u64::from(before.status == Status::Sent));
        lines.lines = lines
            .lines
            .saturating_sub(u64::from(next == Status::Expanded));
        let standing = Standing {
            status: next,
            ..before
        };
        match next {
            Status::Pending | Status::Sent => self.open.insert(item, standing),
            Status::Expanded | Status::Settled(_) => self.open.remove(&item),
        };
        Ok(standing)
    }

    fn standing(&self, item: ItemId) -> Result<Standing, RunFileError> {
        if let Some(standing) = self.open.get(&item) {
            return Ok(*standing);
        }
        self.doing(Doing::Read, |connection| {
            connection
                .prepare_cached(
                    "SELECT status, attempts FROM item LEFT JOIN fate ON item = id WHERE id = ?1",
                )?
                .query_row([item.0], |row| Standing::read(row, 0))
        })
    }
}

/// An item with the same key.
struct Known {
    id: ItemId,
    row: RowId,
    status: Status,
}

fn write_standing(
    connection: &Connection,
    item: ItemId,
    standing: Standing,
    sent_at: Option<&str>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO fate (item, status, first_sent_at, last_sent_at, attempts) VALUES (?1, ?2, ?3, ?3, ?4)
             ON CONFLICT (item) DO UPDATE SET status = excluded.status, attempts = excluded.attempts,
                 first_sent_at = iif(excluded.status = 'sent',
                     coalesce(min(first_sent_at, ?3), first_sent_at, ?3), NULL),
                 last_sent_at = iif(excluded.status = 'sent',
                     coalesce(max(last_sent_at, ?3), last_sent_at, ?3), NULL)",
        )?
        .execute(params![
            item.0,
            standing.status.as_str(),
            sent_at,
            standing.attempts
        ])
        .map(drop)
}

fn write_settlement(
    connection: &Connection,
    item: ItemId,
    standing: Standing,
    settlement: &Settlement,
    at: OffsetDateTime,
    sent_at: Option<&str>,
) -> rusqlite::Result<()> {
    let findings: Map<String, Value> = settlement
        .findings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO fate (item, status, attempts, action, http_status, error_code, error_message,
                 hint, request_id, finished_at, findings, secret, first_sent_at, last_sent_at)
             WITH sent (earliest, latest) AS (
                 SELECT min(at), max(at) FROM (
                     SELECT first_sent_at AS at FROM fate WHERE item = ?1
                     UNION ALL SELECT last_sent_at FROM fate WHERE item = ?1
                     UNION ALL SELECT ?13) WHERE ?2 = 'in_doubt')
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, earliest, latest FROM sent",
        )?
        .execute(params![
            item.0,
            standing.status.as_str(),
            standing.attempts,
            settlement.action.map_or("", Action::as_str),
            settlement.http_status,
            settlement.error_code,
            settlement.error_message,
            settlement.hint,
            settlement.request_id,
            timestamp(at),
            Value::Object(findings).to_string(),
            settlement.secret.as_ref().map(ExposeSecret::expose_secret),
            sent_at,
        ])
        .map(drop)
}
