//! `bulkgraph results`: the result file of a run, written again.

use super::args::ResultsArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::{from_here, say};
use crate::run;
use crate::shell::results::Destination;
use clap::{ArgMatches, FromArgMatches};
use std::path::{Path, PathBuf};

pub(super) fn run(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args = ResultsArgs::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let again = run::write_results(&args.run, &args.status, args.out.map(Destination::of))?;
    if let Some(moved) = again.moved {
        say(&format!(
            "what was there before: {}",
            from_here(&moved).display()
        ));
    }
    if let Destination::File(path) = again.results {
        let part = again
            .part
            .map(|(lines, of)| format!(" ({lines} of {of} lines)"));
        let part = part.unwrap_or_default();
        say(&format!("results: {}{part}", from_here(&path).display()));
    }
    Ok(Exit::Good)
}

/// Where results go: where the user says, or into this folder under the name of `origin`.
pub(super) fn destination(out: Option<&Path>, origin: &Path, ending: &str) -> Destination {
    match out {
        Some(path) => Destination::of(path),
        None => Destination::File(in_this_folder(origin, ending)),
    }
}

/// A file in this folder, named as `origin` with another ending.
pub(super) fn in_this_folder(origin: &Path, ending: &str) -> PathBuf {
    let mut name = origin.file_stem().unwrap_or_default().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
