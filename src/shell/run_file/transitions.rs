//! What happens to items: each event changes their status by the one transition table.

use super::import::insert;
use super::{Doing, RowId, RunFile, RunFileError, timestamp};
use crate::engine::{Event, Outcome, Status};
use crate::jobs::{Action, ItemId, NewItem, Settlement};
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use time::OffsetDateTime;

impl RunFile {
    /// A write that carries these items is about to be sent. The time of the first one is kept.
    pub fn sent(&mut self, items: &[ItemId], at: OffsetDateTime) -> Result<(), RunFileError> {
        let at = timestamp(at);
        for item in items {
            let status = self.after(*item, Event::Sent)?;
            self.doing(Doing::Write, |connection| {
                connection
                    .prepare_cached(
                        "UPDATE item SET status = ?2, sent_at = coalesce(sent_at, ?3), attempts = attempts + 1
                         WHERE id = ?1",
                    )?
                    .execute(params![item.0, status.as_str(), at])
            })?;
        }
        Ok(())
    }

    /// The write that carried these items certainly did not run.
    pub fn returned(&mut self, items: &[ItemId]) -> Result<(), RunFileError> {
        for item in items {
            let status = self.after(*item, Event::Returned)?;
            self.doing(Doing::Write, |connection| {
                connection
                    .prepare_cached("UPDATE item SET status = ?2, sent_at = NULL WHERE id = ?1")?
                    .execute(params![item.0, status.as_str()])
            })?;
        }
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
        let twins: Vec<ItemId> = self.doing(Doing::Read, |connection| {
            let mut query = connection
                .prepare_cached("SELECT id FROM item WHERE twin = ?1 AND status = 'pending'")?;
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
        let found = self.doing(Doing::Read, |connection| {
            connection
                .prepare_cached("SELECT id, row, status FROM item WHERE key = ?1")?
                .query_row([key], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
                })
                .optional()
        })?;
        Ok(found.map(|(id, row, status)| Known {
            id: ItemId(id),
            row: RowId(row),
            status: Status::from_word(&status).unwrap_or(Status::Pending),
        }))
    }

    /// How an item ended, as far as it says something about another one that asked for the same.
    fn settlement_of(&self, item: ItemId, outcome: Outcome) -> Result<Settlement, RunFileError> {
        self.doing(Doing::Read, |connection| {
            let query = "SELECT http_status, error_code, error_message, hint, request_id
                         FROM item WHERE id = ?1";
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
            Outcome::Succeeded => {
                settlement.outcome = Outcome::Unchanged;
                settlement.action = Some(Action::Kept);
            }
            Outcome::InDoubt => self.mark(twin, Event::Sent)?,
            Outcome::Unchanged | Outcome::Failed | Outcome::Refused => {}
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
        let status = self.after(item, Event::Settled(settlement.outcome))?;
        let warned = settlement.outcome.is_good() && !settlement.error_code.is_empty();
        self.tally.settled(settlement.outcome, warned);
        self.doing(Doing::Write, |connection| {
            write_settlement(connection, item, status, settlement, attempts, at)
        })
    }

    /// Moves an item along the transition table where nothing else is known of it.
    fn mark(&mut self, item: ItemId, event: Event) -> Result<(), RunFileError> {
        let status = self.after(item, event)?;
        self.doing(Doing::Write, |connection| {
            connection
                .prepare_cached("UPDATE item SET status = ?2 WHERE id = ?1")?
                .execute(params![item.0, status.as_str()])
                .map(drop)
        })
    }

    /// What an item is after an event, by the one transition table. The caller writes it down,
    /// together with what else is new.
    fn after(&mut self, item: ItemId, event: Event) -> Result<Status, RunFileError> {
        self.begin()?;
        let word: String = self.doing(Doing::Read, |connection| {
            connection
                .prepare_cached("SELECT status FROM item WHERE id = ?1")?
                .query_row([item.0], |row| row.get(0))
        })?;
        let before = Status::from_word(&word);
        let Some(next) = before.and_then(|before| before.after(event)) else {
            let (path, event) = (self.path.clone(), event.as_str());
            return Err(RunFileError::Impossible {
                path,
                item: item.0,
                status: word,
                event,
            });
        };
        let lines = &mut self.tally;
        lines.sent += u64::from(next == Status::Sent);
        lines.sent = lines
            .sent
            .saturating_sub(u64::from(before == Some(Status::Sent)));
        lines.lines = lines
            .lines
            .saturating_sub(u64::from(next == Status::Expanded));
        Ok(next)
    }
}

/// An item with the same key.
struct Known {
    id: ItemId,
    row: RowId,
    status: Status,
}

fn write_settlement(
    connection: &Connection,
    item: ItemId,
    status: Status,
    settlement: &Settlement,
    attempts: u32,
    at: OffsetDateTime,
) -> rusqlite::Result<()> {
    let findings: Map<String, Value> = settlement
        .findings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    connection
        .prepare_cached(
            "UPDATE item SET attempts = max(attempts, ?2), action = ?3, http_status = ?4, error_code = ?5, error_message = ?6, hint = ?7,
                 request_id = ?8, finished_at = ?9, findings = ?10, secret = ?11, status = ?12
             WHERE id = ?1",
        )?
        .execute(params![
            item.0,
            attempts,
            settlement.action.map_or("", Action::as_str),
            settlement.http_status,
            settlement.error_code,
            settlement.error_message,
            settlement.hint,
            settlement.request_id,
            timestamp(at),
            Value::Object(findings).to_string(),
            settlement.secret.as_ref().map(ExposeSecret::expose_secret),
            status.as_str(),
        ])
        .map(drop)
}
