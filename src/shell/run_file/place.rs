//! Whether a run file is still where it was opened.

use super::RunFile;
use std::io;
use std::path::Path;

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
}
