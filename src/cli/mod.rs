//! What was typed, and what it means.

mod args;
mod drive;
mod exit;
mod failure;
mod forget;
mod job;
mod logging;
mod results;
mod resume;
mod runs;
mod simulate;
mod status;
mod stops;
mod summary;
mod under_way;
mod values;

pub use args::command;
pub use exit::Exit;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Does what was typed, and says how it went.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version go to standard output, mistakes to standard error; neither can fail
            // usefully.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::CannotRun.into()
            } else {
                Exit::Good.into()
            };
        }
    };
    let done = match matches.subcommand() {
        Some(("simulate", matches)) => simulate::run(matches),
        Some(("resume", matches)) => resume::resume(matches),
        Some(("retry", matches)) => resume::retry(matches),
        Some(("status", matches)) => status::run(matches),
        Some(("runs", matches)) => runs::run(matches),
        Some(("results", matches)) => results::run(matches),
        Some(("forget", matches)) => forget::run(matches),
        Some((name, matches)) => job::run(name, matches),
        None => Ok(Exit::CannotRun),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            say(&failure.to_string());
            failure.exit().into()
        }
    }
}

/// Writes to standard error, which may be closed.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// Writes to standard output, which may be closed: what somebody asked to see.
fn show(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// A path as it is seen from the current folder.
fn from_here(path: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok())
        .unwrap_or(path)
}
