//! Lines that ended badly are run again.

use super::{Doing, RunFile, RunFileError, timestamp};
use crate::engine::{Event, Outcome, Status};
use rusqlite::params;
use time::OffsetDateTime;

impl RunFile {
    /// Lets lines that ended like one of `outcomes` be run again, and says how many those are. How
    /// they ended is kept in the history.
    ///
    /// Rows that were refused when the input was read are left out: they ask for nothing that could
    /// be sent.
    pub fn retry(&mut self, outcomes: &[Outcome], at: OffsetDateTime) -> Result<u64, RunFileError> {
        self.begin()?;
        let mut again = 0;
        for outcome in outcomes {
            let ended = Status::Settled(*outcome);
            let Some(next) = ended.after(Event::Retried) else {
                return Err(RunFileError::Impossible {
                    path: self.path.clone(),
                    item: 0,
                    status: ended.as_str(),
                    event: Event::Retried.as_str(),
                });
            };
            again += self.doing(Doing::Write, |connection| {
                connection
                    .prepare_cached(
                        "INSERT INTO history
                         SELECT item, status, attempts, action, http_status, error_code, error_message, hint,
                             request_id, finished_at, ?2
                         FROM fate JOIN item ON item.id = fate.item
                         WHERE status = ?1 AND content <> 'null'",
                    )?
                    .execute(params![ended.as_str(), timestamp(at)])?;
                // What a second row asked for ends with what the first one did.
                connection
                    .prepare_cached(
                        "UPDATE fate SET status = iif(twin IS NULL, ?2, 'pending'),
                             attempts = iif(?2 = 'sent', attempts, 0), action = '', http_status = NULL,
                             error_code = '', error_message = '', hint = '', request_id = '', finished_at = '',
                             findings = '{}'
                         FROM item WHERE item.id = fate.item AND status = ?1 AND content <> 'null'",
                    )?
                    .execute(params![ended.as_str(), next.as_str()])
            })?;
        }
        self.count()?;
        Ok(u64::try_from(again).unwrap_or(u64::MAX))
    }
}
