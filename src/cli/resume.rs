//! `bulkgraph resume` and `retry`: a run goes on.

use super::args::{ResumeArgs, RetryArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::summary;
use super::under_way::Session;
use crate::engine::Outcome;
use crate::run::{self, Resumption};
use crate::shell::results::Destination;
use clap::{ArgMatches, FromArgMatches};

pub(super) fn resume(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args =
        ResumeArgs::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    go_on(&args, Vec::new())
}

pub(super) fn retry(matches: &ArgMatches) -> Result<Exit, Failure> {
    let args =
        RetryArgs::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    go_on(&args.resume, args.status)
}

fn go_on(args: &ResumeArgs, again: Vec<Outcome>) -> Result<Exit, Failure> {
    let resumption = |stop| Resumption {
        run_file: args.run.clone(),
        again,
        results: args.out.as_ref().map(Destination::of),
        pace_trace: args.drive.pace.trace_pace.clone(),
        ignore_input: args.ignore_input,
        limits: args.drive.limits(),
        orders: args.drive.stop.orders(stop),
    };
    let session = Session::new(&args.drive)?;
    let summary =
        session.run(async |stop, observer| run::resume(resumption(stop), observer).await)?;
    summary::end(&summary)
}
