//! Every request, written down as it came.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::simulator::Request;

/// A file with one JSON object a line for each HTTP request but those to `/_simulator`: `m` the
/// method, `p` path and query, `h` the headers, `b` the body as text, `status` what was answered.
///
/// Nothing is left out, not even tokens and secrets: on Unix only its owner can read a new file.
#[derive(Debug)]
pub struct Record {
    file: Mutex<File>,
    failed: Mutex<Option<io::ErrorKind>>,
}

impl Record {
    /// Opens a file; one that exists is written on at its end.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self {
            file: Mutex::new(options.open(path)?),
            failed: Mutex::new(None),
        })
    }

    /// Writes one request down.
    pub(super) fn write(&self, request: &Request, status: u16) -> io::Result<()> {
        if request.path_and_query.starts_with("/_simulator/") {
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

fn line(request: &Request, status: u16) -> String {
    let headers: Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let line = json!({
        "m": request.method,
        "p": request.path_and_query,
        "h": headers,
        "b": String::from_utf8_lossy(&request.body),
        "status": status,
    });
    format!("{line}\n")
}
