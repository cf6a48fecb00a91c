//! Every request, written down as it came.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::simulator::Request;
use crate::simulator::protocol::origin::Origin;

/// A file with one JSON object a line for each HTTP request but those to `/_simulator`: `m` the
/// method, `p` path and query, `h` the headers, `b` the body as text, `status` what was answered.
/// The values of a header that came more than once are joined by commas (RFC 9110). A body that was
/// too large is left out; all else is there, tokens and secrets included: on Unix only its owner
/// can read the file.
#[derive(Debug)]
pub struct Record {
    file: Mutex<File>,
    failed: Mutex<Option<io::ErrorKind>>,
}

impl Record {
    /// Opens a file; one that exists is written on at its end.
    ///
    /// # Errors
    ///
    /// It cannot be opened, or others than its owner may read or write it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        #[cfg(unix)]
        require_private(&file, path)?;
        Ok(Self {
            file: Mutex::new(file),
            failed: Mutex::new(None),
        })
    }

    /// Writes one request down.
    pub(super) fn write(&self, request: &Request, status: u16) -> io::Result<()> {
        let (_, target) = Origin::of(request);
        if target.starts_with("/_simulator/") {
            return Ok(());
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // At once, so that lines of several connections do not mix.
        let written = file.write_all(line(request, status).as_bytes());
        if let Err(error) = &written {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *failed = Some(error.kind());
        }
        written
    }

    /// Why a request could not be written, if one could not.
    pub(super) fn failure(&self) -> io::Result<()> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

/// Refuses a file in which others could read tokens; what is no regular file keeps nothing.
#[cfg(unix)]
fn require_private(file: &File, path: &Path) -> io::Result<()> {
    let metadata = file.metadata()?;
    let mode = std::os::unix::fs::MetadataExt::mode(&metadata);
    if metadata.is_file() && mode & 0o077 != 0 {
        let why = format!(
            "others can read or write it, and it would hold tokens; `chmod 600 {}` mends that",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(())
}

fn line(request: &Request, status: u16) -> String {
    let mut headers = Map::new();
    for (name, value) in &request.headers {
        let value = match headers.get(name).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier}, {value}"),
            None => value.clone(),
        };
        headers.insert(name.clone(), Value::from(value));
    }
    let line = json!({
        "m": request.method,
        "p": request.path_and_query,
        "h": headers,
        "b": String::from_utf8_lossy(&request.body),
        "status": status,
    });
    format!("{line}\n")
}
