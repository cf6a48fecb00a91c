//! What a run is about, as its file says.

use super::{Doing, RunFile, RunFileError};
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What a run is about, as its file says. All of it stays as it was when the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The job's name.
    pub job: String,
    /// The input file, with its folder.
    pub input: String,
    /// What the input looked like (see [`crate::shell::fingerprint`]); empty if it was no file that
    /// can be read twice.
    pub input_fingerprint: String,
    /// The Graph host, or `sandbox`.
    pub tenant: String,
    /// The id of the tenant that the token was for; empty if the token did not say.
    pub tenant_id: String,
    /// The job's options by name; a switch that was given has an empty one.
    pub options: BTreeMap<String, String>,
    /// The input's columns that are carried into the results.
    pub columns: Vec<String>,
    /// Where the results go: a file with its folder, or `-`.
    pub results: String,
    /// Whether the run goes on without what is refused before the first write.
    pub skip_refused: bool,
    /// When the run began, RFC 3339.
    pub started_at: String,
}

impl Header {
    /// The tenant of a run in the sandbox, which is gone when the run is over.
    pub const SANDBOX: &'static str = "sandbox";

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let skip_refused = self.skip_refused.to_string();
        // Texts always serialise.
        let options = serde_json::to_string(&self.options).unwrap_or_default();
        let columns = serde_json::to_string(&self.columns).unwrap_or_default();
        let values = [
            ("job", &self.job),
            ("input", &self.input),
            ("input_fingerprint", &self.input_fingerprint),
            ("tenant", &self.tenant),
            ("tenant_id", &self.tenant_id),
            ("options", &options),
            ("columns", &columns),
            ("results", &self.results),
            ("skip_refused", &skip_refused),
            ("started_at", &self.started_at),
        ];
        values
            .into_iter()
            .try_for_each(|(name, value)| set(connection, name, value))
    }
}

impl RunFile {
    /// What the run is about. Options and columns that cannot be read are never taken for none:
    /// that would be another run.
    pub fn header(&self) -> Result<Header, RunFileError> {
        let value = |name| {
            self.doing(Doing::Read, |connection| {
                get(connection, name).map(Option::unwrap_or_default)
            })
        };
        Ok(Header {
            job: value("job")?,
            input: value("input")?,
            input_fingerprint: value("input_fingerprint")?,
            tenant: value("tenant")?,
            tenant_id: value("tenant_id")?,
            options: self.understood("options", &value("options")?)?,
            columns: self.understood("columns", &value("columns")?)?,
            results: value("results")?,
            skip_refused: value("skip_refused")? == "true",
            started_at: value("started_at")?,
        })
    }

    /// JSON of the header; none at all where the file says nothing yet.
    fn understood<T: Default + DeserializeOwned>(
        &self,
        name: &str,
        json: &str,
    ) -> Result<T, RunFileError> {
        if json.is_empty() {
            return Ok(T::default());
        }
        serde_json::from_str(json).map_err(|_| RunFileError::Damaged {
            path: self.path.clone(),
            what: format!("the run's {name} cannot be read"),
        })
    }

    /// Remembers what the results look like that were written from this file, and how many passes were in
    /// it then.
    pub fn remember_results(&self, fingerprint: &str, passes: u64) -> Result<(), RunFileError> {
        self.doing(Doing::Write, |connection| {
            set(connection, "results_passes", &passes.to_string())?;
            set(connection, "results_fingerprint", fingerprint)
        })
    }

    /// How many passes were in the file when its results were last written.
    pub fn results_passes(&self) -> Result<u64, RunFileError> {
        let passes = self.doing(Doing::Read, |connection| get(connection, "results_passes"))?;
        Ok(passes
            .and_then(|passes| passes.parse().ok())
            .unwrap_or_default())
    }

    /// What the results looked like that were last written from this file.
    pub fn results_fingerprint(&self) -> Result<Option<String>, RunFileError> {
        self.doing(Doing::Read, |connection| {
            get(connection, "results_fingerprint")
        })
    }

    /// Remembers how many rows of the input the run leaves out.
    pub fn leave_out(&mut self, rows: u64) -> Result<(), RunFileError> {
        self.begin()?;
        self.doing(Doing::Write, |connection| {
            set(connection, "left_out", &rows.to_string())
        })
    }

    /// How many rows of the input the run leaves out.
    pub fn left_out(&self) -> Result<u64, RunFileError> {
        let rows = self.doing(Doing::Read, |connection| get(connection, "left_out"))?;
        Ok(rows.and_then(|rows| rows.parse().ok()).unwrap_or_default())
    }

    /// The first write may be sent from now on: all that is checked before it has been.
    pub fn begin_work(&mut self) -> Result<(), RunFileError> {
        self.begin()?;
        self.doing(Doing::Write, |connection| {
            set(connection, "work_began", "true")
        })
    }

    /// Whether that is so.
    pub fn work_began(&self) -> Result<bool, RunFileError> {
        let began = self.doing(Doing::Read, |connection| get(connection, "work_began"))?;
        Ok(began.is_some())
    }
}

pub(super) fn set(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let insert = "INSERT OR REPLACE INTO run (name, value) VALUES (?1, ?2)";
    connection.execute(insert, params![name, value]).map(drop)
}

pub(super) fn get(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let query = "SELECT value FROM run WHERE name = ?1";
    connection
        .query_row(query, [name], |row| row.get(0))
        .optional()
}

#[cfg(test)]
mod tests {
    use super::super::tests::header;
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written_and_never_half() {
        let folder = tempfile::tempdir().unwrap();
        let mut written = header("https://x");
        let once = ("usable-once".to_owned(), String::new());
        let start = ("start".to_owned(), "\"\\{\u{0}\u{fdfa}".to_owned());
        written.options.extend([once, start]);
        written.columns = vec!["User, name".to_owned(), String::new()];
        let file = RunFile::create(&folder.path().join("a.run"), &written).unwrap();
        assert_eq!(file.header().unwrap(), written);
        for (name, json) in [
            ("options", "{\"on-existing\": \"replace\""),
            ("options", "{\"on-existing\": 1}"),
            ("options", "[]"),
            ("columns", "{}"),
            ("columns", "[7]"),
        ] {
            written.write(&file.connection).unwrap();
            set(&file.connection, name, json).unwrap();
            let error = file.header().unwrap_err().to_string();
            let why = format!("is damaged: the run's {name} cannot be read");
            assert!(error.ends_with(&why), "{json}: {error}");
        }
    }
}
