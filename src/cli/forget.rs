//! `bulkgraph forget`: the passes leave the run file.

use super::args::RunFileArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::{from_here, say};
use crate::run::RunError;
use crate::shell::results::Destination;
use crate::shell::run_file::RunFile;
use clap::{ArgMatches, FromArgMatches};

pub(super) fn run(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args = RunFileArgs::from_arg_matches(matches)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let mut run_file = RunFile::open(&args.run).map_err(RunError::from)?;
    let header = run_file.header().map_err(RunError::from)?;
    let passes = match run_file.forget().map_err(RunError::from)? {
        0 => "no passes were".to_owned(),
        1 => "1 pass was".to_owned(),
        count => format!("{count} passes were"),
    };
    say(&format!("{passes} removed from {}", args.run.display()));
    if let Destination::File(path) = Destination::of(&header.results)
        && path.exists()
    {
        say(&format!(
            "its results may still hold passes: {}",
            from_here(&path).display()
        ));
    }
    Ok(Exit::Good)
}
