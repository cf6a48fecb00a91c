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
mod place;
mod retry;
mod transitions;

pub use error::{Doing, RunFileError};
pub use header::Header;
pub use import::{CheckedRow, RowId};
pub use lines::{Line, RowCounts, Tally, Trouble};
pub use look::Look;

use crate::engine::BatchId;
use crate::jobs::{Item, ItemId, Stage};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, params};
use secrecy::SecretString;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use transitions::{Intent, Standing};

/// The version of the tables; a file of another version is refused by name.
const SCHEMA_VERSION: u32 = 1;
/// Marks a run file among `SQLite` databases ("bulk" in ASCII).
const APPLICATION_ID: u32 = 0x6275_6c6b;

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
    /// Makes a run file that must not exist yet, readable by its owner only.
    pub fn create(path: &Path, header: &Header) -> Result<Self, RunFileError> {
        let failed = |source| RunFileError::Io {
            path: path.to_owned(),
            doing: Doing::Create,
            source,
        };
        private_file(path).map_err(failed)?;
        Self::furnish(path, header).inspect_err(|_| {
            // Half a run file would only stand in the way; there is nothing in it.
            let _ = std::fs::remove_file(path);
        })
    }

    fn furnish(path: &Path, header: &Header) -> Result<Self, RunFileError> {
        let run_file = Self::connect(path)?;
        run_file.doing(Doing::Create, |connection| {
            configure(connection)?;
            connection.execute_batch("BEGIN IMMEDIATE")?;
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
            connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            connection.execute_batch(include_str!("schema.sql"))?;
            header.write(connection)?;
            connection.execute_batch("COMMIT; BEGIN IMMEDIATE")
        })?;
        run_file.remove_note();
        Ok(run_file)
    }

    /// Opens a run file that exists. Anything else is not touched.
    pub fn open(path: &Path) -> Result<Self, RunFileError> {
        check_identity(path)?;
        let found_log = log::log_of(path).exists();
        let mut run_file = Self::connect(path)?;
        let main = rusqlite::MAIN_DB;
        if run_file.doing(Doing::Open, |connection| connection.is_readonly(main))? {
            return Err(RunFileError::ReadOnly {
                path: path.to_owned(),
            });
        }
        run_file.doing(Doing::Open, |connection| {
            log::keep_log(connection, found_log)?;
            configure(connection)
        })?;
        run_file.check_log(found_log)?;
        run_file.begin_log()?;
        run_file.doing(Doing::Open, |connection| {
            connection.execute_batch("BEGIN IMMEDIATE")
        })?;
        run_file.remove_note();
        run_file.lose_batches()?;
        run_file.count()?;
        Ok(run_file)
    }

    /// Nobody else has the file open, so the process has ended that left a note beside it.
    fn remove_note(&self) {
        let _ = std::fs::remove_file(note_beside(&self.path));
    }

    /// Makes sure that every page of the file is as it was written, as far as that can be seen. A
    /// file of 1,000,000 rows takes seconds.
    pub fn check(&self) -> Result<(), RunFileError> {
        let found: String = self.doing(Doing::Read, |connection| {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        })?;
        if found == "ok" {
            return Ok(());
        }
        Err(RunFileError::Damaged {
            path: self.path.clone(),
            what: found.replace('\n', "; "),
        })
    }

    fn connect(path: &Path) -> Result<Self, RunFileError> {
        Self::connect_to(path, path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens what is at `place`, which is the file itself or stands for it.
    fn connect_to(path: &Path, place: &Path, flags: OpenFlags) -> Result<Self, RunFileError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |source| RunFileError::new(path, Doing::Open, &source);
        let connection = Connection::open_with_flags(place, flags).map_err(failed)?;
        // Another bulkgraph keeps it for as long as it runs, so there is nothing to wait for.
        connection.busy_timeout(Duration::ZERO).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self {
            connection,
            path: path.to_owned(),
            id: place::file_at(path).ok(),
            in_transaction: true,
            has_log: false,
            tally: Tally::default(),
            open: HashMap::new(),
            intents: HashMap::new(),
            has_twins: false,
            unsaved: Vec::new(),
        })
    }

    /// Whether losing this file would lose anything: something was sent or read for it, in a tenant
    /// that still is.
    pub fn holds_truth(&self) -> Result<bool, RunFileError> {
        if self.header()?.tenant == Header::SANDBOX {
            return Ok(false);
        }
        self.doing(Doing::Read, |connection| {
            let query = "SELECT 1 FROM batch UNION ALL
                         SELECT 1 FROM fate WHERE status NOT IN ('pending', 'refused', 'expanded') LIMIT 1";
            Ok(connection.query_row(query, [], |_| Ok(())).optional()?.is_some())
        })
    }

    /// Puts everything since the last commit on the disk.
    pub fn commit(&mut self) -> Result<(), RunFileError> {
        if std::mem::take(&mut self.in_transaction) {
            self.doing(Doing::Write, |connection| {
                connection.execute_batch("COMMIT")
            })?;
        }
        self.unsaved.clear();
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

    /// Closes and deletes the file. For a run in which nothing happened.
    pub fn discard(self) -> Result<(), RunFileError> {
        let path = self.path.clone();
        drop(self);
        let failed = |source| RunFileError::Io {
            path: path.clone(),
            doing: Doing::Remove,
            source,
        };
        std::fs::remove_file(&path).map_err(failed)
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
            "SELECT id, content, sent_at, status, attempts FROM item LEFT JOIN fate ON item = id
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
            "SELECT id, content, sent_at, status, attempts FROM item LEFT JOIN fate ON item = id
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
                let sent_at: Option<String> = row.get(2)?;
                let item = Item {
                    id: ItemId(row.get(0)?),
                    content: row.get(1)?,
                    sent_at: sent_at.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok()),
                };
                Ok((item, Standing::read(row, 3)?))
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

/// Keeps every other process out for as long as the file is open, and makes a commit mean that it
/// is on the disk.
///
/// A run goes through its file from top to bottom, so a small cache (4 MB) is as good as a large one.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -4000",
    )
}

/// Makes sure that a file is a run file of this version.
fn check_identity(path: &Path) -> Result<(), RunFileError> {
    let path_buf = || path.to_owned();
    let identity = identity(path).map_err(|source| RunFileError::Io {
        path: path_buf(),
        doing: Doing::Open,
        source,
    })?;
    match identity {
        Some((APPLICATION_ID, SCHEMA_VERSION)) => Ok(()),
        Some((APPLICATION_ID, version)) => Err(RunFileError::OtherVersion {
            path: path_buf(),
            version,
        }),
        _ => Err(RunFileError::NotARunFile { path: path_buf() }),
    }
}

/// The application id and the version in the first bytes of a database (`SQLite`: database file
/// format, 1.3), read without opening it as one: that alone may write to a file that is somebody
/// else's.
fn identity(path: &Path) -> std::io::Result<Option<(u32, u32)>> {
    let mut start = Vec::new();
    std::fs::File::open(path)?
        .take(72)
        .read_to_end(&mut start)?;
    let number = |place: usize| Some(u32::from_be_bytes(*start.get(place..)?.first_chunk()?));
    let is_database = start.starts_with(b"SQLite format 3\0");
    Ok(is_database
        .then(|| Some((number(68)?, number(60)?)))
        .flatten())
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

/// Where the process that has a run file open says how far it is, because nobody else can read the
/// run file meanwhile.
pub fn note_beside(run_file: &Path) -> PathBuf {
    look::beside(run_file, ".progress")
}

/// Makes an empty file that only its owner can read, before `SQLite` writes a byte to it; its
/// companions inherit the mode. On Windows it inherits what its folder allows.
fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// Removes a run file in which there is not a single byte, as a crash leaves it while it is made. Says
/// whether it was one.
pub fn remove_if_empty(path: &Path) -> Result<bool, RunFileError> {
    let is_empty = std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == 0);
    if is_empty {
        std::fs::remove_file(path).map_err(|source| RunFileError::Io {
            path: path.to_owned(),
            doing: Doing::Remove,
            source,
        })?;
    }
    Ok(is_empty)
}

/// Renames `name.ext` to the first free of `name.1.ext`, `name.2.ext`, …, and says which.
pub fn move_aside(path: &Path) -> std::io::Result<PathBuf> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let aside = |number: u32| path.with_extension(format!("{number}.{extension}"));
    let free = (1..u32::MAX).map(aside).find(|place| !place.exists());
    let free = free.ok_or(std::io::ErrorKind::AlreadyExists)?;
    std::fs::rename(path, &free)?;
    Ok(free)
}

#[cfg(test)]
mod tests;
