//! What the run file says, for those who show it.

use super::transitions::status_of;
use super::{Doing, RunFile, RunFileError};
use crate::engine::{Outcome, Status};
use rusqlite::Row;
use secrecy::SecretString;
use std::collections::BTreeMap;

/// Counts of result lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines that there will be, as far as is known.
    pub lines: u64,
    /// Lines by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Lines whose write was sent and whose reply has not been recorded.
    pub sent: u64,
    /// Good lines with a warning, such as a number that was saved and cannot be used to sign in.
    pub warned: u64,
}

impl Tally {
    /// Lines with that outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// Lines for which nothing was sent that could have had an effect.
    pub fn not_attempted(&self) -> u64 {
        self.lines.saturating_sub(self.settled_lines() + self.sent)
    }

    /// Lines with any outcome.
    pub fn settled_lines(&self) -> u64 {
        self.outcomes.values().sum()
    }

    pub(super) fn settled(&mut self, outcome: Outcome, warned: bool) {
        *self.outcomes.entry(outcome).or_default() += 1;
        self.warned += u64::from(warned);
    }
}

/// What became of one row of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowCounts {
    /// Its line in the input.
    pub line: u64,
    /// Its cells that are carried.
    pub cells: Vec<String>,
    /// The result lines it became, by status.
    pub statuses: Vec<(Status, u64)>,
}

/// Lines that ended badly for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How they ended.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
    /// The first one's line in the input.
    pub line: u64,
    /// The status of the answer that decided it.
    pub http_status: Option<u16>,
    /// The service's word for what went wrong.
    pub code: String,
    /// What the first one says.
    pub message: String,
    /// The job's own advice.
    pub hint: String,
}

/// One line of the results.
#[derive(Clone, Debug)]
pub struct Line {
    /// The line of the input that it belongs to.
    pub line: u64,
    /// The input's cells that are carried.
    pub cells: Vec<String>,
    /// What is known of the item.
    pub status: Status,
    /// Values of the job's item columns.
    pub fields: BTreeMap<String, String>,
    /// See [`crate::jobs::Settlement`].
    pub action: String,
    /// The status of the answer that decided it.
    pub http_status: Option<u16>,
    /// The service's word for what went wrong.
    pub error_code: String,
    /// A sentence about what went wrong.
    pub error_message: String,
    /// The job's own advice.
    pub hint: String,
    /// How often its request was sent.
    pub attempts: u32,
    /// The service's name for the request.
    pub request_id: String,
    /// When it ended, RFC 3339.
    pub finished_at: String,
    /// Values of the job's result columns.
    pub findings: BTreeMap<String, String>,
    /// The pass.
    pub secret: Option<SecretString>,
}

impl RunFile {
    /// The counts, kept up to date with every change.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Hands every line of the results to `show`, in the order of the input.
    pub fn for_each_line<E>(
        &self,
        mut show: impl FnMut(Line) -> Result<(), E>,
    ) -> Result<Result<(), E>, RunFileError> {
        self.doing(Doing::Read, |connection| {
            let mut query = connection.prepare(
                "SELECT line, cells, status, fields, action, http_status, error_code, error_message, hint,
                     attempts, request_id, finished_at, findings, secret
                 FROM line WHERE status <> 'expanded' ORDER BY row, item",
            )?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                if let Err(error) = show(line(row)?) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        })
    }

    /// Counts by row of the input, for the first `rows` of them.
    pub fn counts_by_row(&self, rows: u32) -> Result<Vec<RowCounts>, RunFileError> {
        let mut counts: Vec<RowCounts> = Vec::new();
        self.doing(Doing::Read, |connection| {
            let mut query = connection.prepare(
                "SELECT line, cells, status, count(*) FROM line
                 WHERE row <= ?1 AND status <> 'expanded' GROUP BY row, status ORDER BY row",
            )?;
            let mut rows = query.query([rows])?;
            while let Some(row) = rows.next()? {
                let line = row.get::<_, i64>(0)?.unsigned_abs();
                if counts.last().is_none_or(|last| last.line != line) {
                    let cells: String = row.get(1)?;
                    let cells = serde_json::from_str(&cells).unwrap_or_default();
                    counts.push(RowCounts {
                        line,
                        cells,
                        statuses: Vec::new(),
                    });
                }
                let (status, count): (String, i64) = (row.get(2)?, row.get(3)?);
                if let Some(last) = counts.last_mut() {
                    let status = status_of(&status)?;
                    last.statuses.push((status, count.unsigned_abs()));
                }
            }
            Ok(())
        })?;
        Ok(counts)
    }

    /// The most frequent reasons for which lines failed or are in doubt, at most `limit`.
    pub fn troubles(&self, limit: u32) -> Result<Vec<Trouble>, RunFileError> {
        self.doing(Doing::Read, |connection| {
            // With min() the other columns are those of the row that has the minimum (SQLite). Up
            // to its first quote a message is the same for everybody; what is quoted is somebody's.
            let mut query = connection.prepare(
                "SELECT status, count(*), min(row.line), http_status, error_code, error_message, hint
                 FROM fate JOIN item ON item.id = fate.item JOIN row ON row.id = item.row
                 WHERE status IN ('failed', 'in_doubt')
                 GROUP BY status, http_status, error_code,
                     substr(error_message, 1, instr(error_message || '''', ''''))
                 ORDER BY 2 DESC, 3 LIMIT ?1",
            )?;
            let rows = query.query_map([limit], |row| {
                let failed = row.get::<_, String>(0)? == Outcome::Failed.as_str();
                Ok(Trouble {
                    outcome: if failed { Outcome::Failed } else { Outcome::InDoubt },
                    count: row.get::<_, i64>(1)?.unsigned_abs(),
                    line: row.get::<_, i64>(2)?.unsigned_abs(),
                    http_status: row.get(3)?,
                    code: row.get(4)?,
                    message: row.get(5)?,
                    hint: row.get(6)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Counts anew where some rows ask for what others ask for too: what is on its way for the one is on
    /// its way for the other.
    pub fn count_twins(&mut self) -> Result<(), RunFileError> {
        if self.has_twins && self.tally.sent > 0 {
            return self.count();
        }
        Ok(())
    }

    pub(super) fn count(&mut self) -> Result<(), RunFileError> {
        self.tally = self.doing(Doing::Read, |connection| {
            let mut query = connection.prepare(
                "SELECT status, count(*), count(nullif(error_code, '')) FROM line WHERE status <> 'expanded' GROUP BY status",
            )?;
            let mut tally = Tally::default();
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let (status, count, with_code): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                tally.lines += count.unsigned_abs();
                match status_of(&status)? {
                    Status::Settled(outcome) => {
                    tally.outcomes.insert(outcome, count.unsigned_abs());
                    tally.warned += if outcome.is_good() { with_code.unsigned_abs() } else { 0 };
                    }
                    Status::Sent => tally.sent = count.unsigned_abs(),
                    _ => {}
                }
            }
            Ok(tally)
        })?;
        Ok(())
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let map = |place| {
        let text: String = row.get(place)?;
        Ok::<_, rusqlite::Error>(serde_json::from_str(&text).unwrap_or_default())
    };
    let (cells, status): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(Line {
        line: row.get::<_, i64>(0)?.unsigned_abs(),
        cells: serde_json::from_str(&cells).unwrap_or_default(),
        status: status_of(&status)?,
        fields: map(3)?,
        action: row.get(4)?,
        http_status: row.get(5)?,
        error_code: row.get(6)?,
        error_message: row.get(7)?,
        hint: row.get(8)?,
        attempts: row.get(9)?,
        request_id: row.get(10)?,
        finished_at: row.get(11)?,
        findings: map(12)?,
        secret: row.get::<_, Option<String>>(13)?.map(SecretString::from),
    })
}

#[cfg(test)]
mod tests {
    use super::super::RowId;
    use super::super::tests::{NOW, with_items};
    use super::*;
    use crate::engine::BatchId;
    use crate::jobs::{ItemId, NewItem, Stage};

    #[test]
    fn a_status_that_is_none_is_damage_and_not_taken_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let (mut run_file, _) = with_items(&folder, &["a"]);
        let insert = "INSERT INTO fate (item, status) VALUES (1, 'lost')";
        run_file.connection.execute(insert, []).unwrap();
        let error = run_file.count().unwrap_err().to_string();
        let words = "is damaged: `lost` is not a status";
        assert!(error.ends_with(words), "{error}");
    }

    #[test]
    fn what_is_on_its_way_for_one_row_is_on_its_way_for_another_that_asks_for_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (mut run_file, pairs) = with_items(&folder, &["pair 1", "pair 2"]);
        let member = NewItem {
            key: "m1".to_owned(),
            company: None,
            content: "\"m1\"".to_owned(),
            fields: Vec::new(),
            stage: Stage::Work,
        };
        for pair in &pairs {
            let found = [(member.clone(), None)];
            run_file.found(*pair, &found, NOW).unwrap();
            run_file.expanded(*pair).unwrap();
        }
        let pulled = run_file.pull(Stage::Work, pairs[1], RowId::LAST, 10);
        let ids: Vec<ItemId> = pulled.unwrap().iter().map(|item| item.id).collect();
        assert_eq!(ids.len(), 1);
        run_file.sent(BatchId(1), ids, NOW).unwrap();
        let seen = |run_file: &RunFile| {
            let mut seen = Vec::new();
            let each = |line: Line| {
                seen.push((line.status, line.attempts));
                Ok::<_, ()>(())
            };
            run_file.for_each_line(each).unwrap().unwrap();
            seen
        };
        assert_eq!(seen(&run_file), [(Status::Sent, 1), (Status::Sent, 0)]);
        run_file.count_twins().unwrap();
        assert_eq!(
            (run_file.tally().sent, run_file.tally().not_attempted()),
            (2, 0)
        );
        // The same when the process has ended.
        run_file.commit().unwrap();
        drop(run_file);
        let mut run_file = RunFile::open(&folder.path().join("a.run")).unwrap();
        assert_eq!(seen(&run_file), [(Status::Sent, 1), (Status::Sent, 0)]);
        run_file.commit().unwrap();
    }
}
