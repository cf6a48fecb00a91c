//! Passes leave the run file for good.

use super::{Doing, RunFile, RunFileError};

/// What the results say of a row whose pass is gone.
const GONE: &str = "The pass was removed from the run file with `bulkgraph forget`.";

impl RunFile {
    /// How many passes the file holds.
    pub fn passes(&self) -> Result<u64, RunFileError> {
        self.doing(Doing::Read, |connection| {
            let query = "SELECT count(secret) FROM fate";
            connection.query_row(query, [], |row| row.get::<_, i64>(0))
        })
        .map(i64::unsigned_abs)
    }

    /// Removes all passes, and says how many there were. Everything else stays; the rows say in their
    /// advice what happened.
    ///
    /// The file is written anew, because pages that were split or freed while the run was under way
    /// may hold what they held before. So that results with passes are not replaced by results
    /// without, no file counts as written from this one any more.
    pub fn forget(&mut self) -> Result<u64, RunFileError> {
        self.commit()?;
        let forgotten = self.doing(Doing::Write, |connection| {
            connection.execute_batch("PRAGMA secure_delete = ON; BEGIN IMMEDIATE")?;
            let update = "UPDATE fate SET secret = NULL, hint = trim(hint || ' ' || ?1)
                          WHERE secret IS NOT NULL";
            let forgotten = connection.execute(update, [GONE])?;
            connection.execute_batch(
                "UPDATE run SET value = '' WHERE name = 'results_fingerprint'; COMMIT; VACUUM",
            )?;
            // A log that cannot be emptied would still have the pages as they were.
            self.end_log()?;
            Ok(forgotten)
        })?;
        Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
    }
}
