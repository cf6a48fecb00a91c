//! `bulkgraph forget`: the passes leave the run file.

use super::args::ForgetArgs;
use super::exit::Exit;
use super::failure::{Failure, typed};
use super::{from_here, say};
use crate::run::RunError;
use crate::shell::fingerprint::fingerprint;
use crate::shell::results::Destination;
use crate::shell::run_file::RunFile;
use clap::{ArgMatches, FromArgMatches};

pub(super) fn run(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args =
        ForgetArgs::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    let path = args.file.run;
    let mut run_file = RunFile::open(&path).map_err(RunError::from)?;
    let header = run_file.header().map_err(RunError::from)?;
    let results = Destination::of(&header.results);
    let passes = run_file.passes().map_err(RunError::from)?;
    let written = run_file.results_fingerprint().map_err(RunError::from)?;
    let as_written = written.is_some() && results.file().and_then(fingerprint) == written;
    let is_elsewhere = as_written && run_file.results_passes().map_err(RunError::from)? == passes;
    if passes > 0 && !is_elsewhere && !args.yes {
        let (run, write) = (path.display(), typed(&path));
        return Err(Failure::usage(format!(
            "`{run}` holds {passes} passes, and its results are not as they were written: the passes may be nowhere else"
        ))
        .with_hint(format!(
            "nothing was removed. `bulkgraph results {write}` writes the results again; `--yes` removes the passes all the same"
        )));
    }
    let removed = match run_file.forget().map_err(RunError::from)? {
        0 => "no passes were".to_owned(),
        1 => "1 pass was".to_owned(),
        count => format!("{count} passes were"),
    };
    say(&format!("{removed} removed from {}", path.display()));
    let results = results.file().filter(|path| passes > 0 && path.exists());
    if let Some(path) = results {
        say(&format!(
            "its results may still hold passes: {}",
            from_here(path).display()
        ));
    }
    Ok(Exit::Good)
}
