//! `bulkgraph resume` and `retry`: a run goes on.

use super::args::{ResumeArgs, RetryArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::under_way;
use crate::engine::Outcome;
use crate::run::{self, Resumption};
use crate::shell::driver::Orders;
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
    under_way::run(&args.output, async |stop, observer| {
        let resumption = Resumption {
            run_file: args.run.clone(),
            again,
            results: args.out.as_ref().map(Destination::of),
            pace_trace: args.pace.trace_pace.clone(),
            ignore_input: args.ignore_input,
            limits: args.pace.limits(),
            orders: Orders {
                skip_refused: false,
                stop,
            },
        };
        run::resume(resumption, observer).await
    })
}
