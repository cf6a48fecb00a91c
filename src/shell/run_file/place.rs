//! Where a run file is: whether it still is there, what is beside it, and how it is taken away.

use super::{Doing, RunFile, RunFileError};
use std::io;
use std::path::{Path, PathBuf};

/// What tells one file from all others.
pub(super) type FileId = (u64, u64);

/// The file that is at `path`.
///
/// It is looked at and not opened: a process that opened and closed a second handle would lose the
/// locks that it has by the first (POSIX).
#[cfg(unix)]
pub(super) fn file_at(path: &Path) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Nobody can take a file away from here while `SQLite` has it open, so one is as good as another.
#[cfg(not(unix))]
pub(super) fn file_at(path: &Path) -> io::Result<FileId> {
    std::fs::metadata(path).map(|_| (0, 0))
}

impl RunFile {
    /// Whether this file is where it was when it was opened. One that was moved, removed or replaced
    /// can still be written and read for as long as it is open; what comes then nobody would find.
    pub fn is_in_place(&self) -> bool {
        match file_at(&self.path) {
            Ok(there) => self.id == Some(there),
            // Where nothing can be said of it, writing to it will fail, and say more.
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    pub(super) fn check_place(&self) -> Result<(), RunFileError> {
        if self.is_in_place() {
            return Ok(());
        }
        Err(RunFileError::Gone {
            path: self.path.clone(),
        })
    }

    /// Closes and deletes the file. For a run in which nothing happened.
    pub fn discard(self) -> Result<(), RunFileError> {
        self.take_away(Doing::Remove, |path| std::fs::remove_file(path))
    }

    /// Closes the file and gives it another name, as [`move_aside`] does. Says which.
    pub fn set_aside(self) -> Result<PathBuf, RunFileError> {
        self.take_away(Doing::MoveAside, move_aside)
    }

    /// Lets all there is of the run be in the one file, and does something to that before anybody else
    /// can open it. (Where files that are open can neither be renamed nor removed, it is closed just
    /// before.)
    fn take_away<T>(
        mut self,
        doing: Doing,
        act: impl FnOnce(&Path) -> io::Result<T>,
    ) -> Result<T, RunFileError> {
        self.give_up_log()?;
        self.check_place()?;
        let path = self.path.clone();
        // Of a file that was never closed it is still there, with nothing in it that counts.
        let _ = std::fs::remove_file(beside(&path, "-journal"));
        let held = cfg!(unix).then_some(self);
        let done = act(&path);
        drop(held);
        done.map_err(|source| RunFileError::Io {
            path,
            doing,
            source,
        })
    }
}

/// What is beside a file, named after it.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Where the process that has a run file open says how far it is, because nobody else can read the
/// run file meanwhile.
pub fn note_beside(run_file: &Path) -> PathBuf {
    beside(run_file, ".progress")
}

/// A run file and all that may be beside it.
pub fn with_companions(run_file: &Path) -> [PathBuf; 5] {
    ["", "-wal", "-shm", "-journal", ".progress"].map(|ending| beside(run_file, ending))
}

/// The folder of a file.
pub fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Removes a run file in which there is not a single byte, as a crash may leave it. Says whether it
/// was one.
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

/// Renames `name.ext` to the first free of `name.1.ext`, `name.2.ext`, …, and says which. What `SQLite` left
/// beside it goes with it, and before it.
pub fn move_aside(path: &Path) -> io::Result<PathBuf> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let aside = |number: u32| path.with_extension(format!("{number}.{extension}"));
    let is_free = |place: &PathBuf| with_companions(place).iter().all(|place| !place.exists());
    let free = (1..u32::MAX).map(aside).find(is_free);
    let free = free.ok_or(io::ErrorKind::AlreadyExists)?;
    for ending in ["-wal", "-journal", ""] {
        if ending.is_empty() || beside(path, ending).exists() {
            std::fs::rename(beside(path, ending), beside(&free, ending))?;
        }
    }
    Ok(free)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, header, with_items};
    use super::*;
    use crate::engine::{BatchId, Outcome};
    use crate::jobs::{Action, Settlement};

    #[test]
    fn what_is_in_the_log_is_in_the_file_that_is_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (mut run_file, items) = with_items(&folder, &["a", "b"]);
        run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
        let done = Settlement::succeeded(Action::Created);
        run_file.settle(items[0], &done, 1, NOW).unwrap();
        run_file.commit().unwrap();
        let moved = run_file.set_aside().unwrap();
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let there: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(there, std::slice::from_ref(&moved));
        let tally = RunFile::open(&moved).unwrap().tally().clone();
        assert_eq!((tally.count(Outcome::Succeeded), tally.sent), (1, 1));
    }

    #[test]
    fn a_file_that_took_the_place_of_this_one_is_neither_written_nor_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.run");
        let header = header("https://x");
        let mut first = RunFile::create(&path, &header).unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = RunFile::create(&path, &header).unwrap();
        let error = first.rows_are_in("the same").unwrap_err();
        assert!(matches!(error, RunFileError::Gone { .. }), "{error}");
        assert!(matches!(first.discard(), Err(RunFileError::Gone { .. })));
        assert!(second.is_in_place());
        assert!(matches!(
            RunFile::create(&path, &header),
            Err(RunFileError::Io {
                doing: Doing::Create,
                ..
            })
        ));
    }
}
