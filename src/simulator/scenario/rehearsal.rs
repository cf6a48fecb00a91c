//! `[job]` and `[expect]`: a job to be run against the tenant, and what must come of it.
//!
//! The simulator itself does nothing with them: they make a scenario a test that others can read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A job that belongs to the scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// `name`: which job.
    pub name: String,
    /// `input`: its input file, seen from the folder of the scenario; or else `csv`.
    pub input: Option<String>,
    /// `csv`: the input itself.
    pub csv: Option<String>,
    /// `rows`: only so many rows from the top; all by default.
    pub rows: Option<u64>,
    /// `skip_refused`: whether rows that are refused beforehand leave the others alone; false by
    /// default.
    #[serde(default)]
    pub skip_refused: bool,
    /// `options`: the job's own options, by name.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// What must come of the job. Whatever is expected, each line of the results must also be what the
/// tenant holds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectations {
    /// `stopped`: whether the run ends before its end; false by default.
    pub stopped: bool,
    /// `as_asked`: how many result lines are `succeeded` or `unchanged`; where replies get lost,
    /// nobody can tell the two apart.
    pub as_asked: u64,
    /// `lines`: the other result lines by status; a status that is not named must not occur.
    pub lines: BTreeMap<String, u64>,
    /// `seconds_at_most`: how long the run may take on the clock of the service.
    pub seconds_at_most: Option<f64>,
    /// `throttled_at_most`: the share of Graph requests that may be throttled.
    pub throttled_at_most: Option<f64>,
    /// `wrong`: how many requests may break a rule of Graph; 0 by default.
    pub wrong: u64,
    /// `error_codes`: error codes that the results must name, each in at least one line.
    pub error_codes: Vec<String>,
}
