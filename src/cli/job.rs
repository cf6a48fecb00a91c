//! `bulkgraph phone`, `tap`, `copy-members`: what was typed becomes a plan, and the plan is run.

use super::args::JobArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::results::{destination, in_this_folder};
use super::summary;
use super::under_way::Session;
use crate::jobs::{self, Job};
use crate::run::{self, Plan, Resumption, TenantChoice};
use crate::shell::driver::{Ended, Orders};
use crate::shell::files::Files;
use clap::{ArgMatches, FromArgMatches};
use std::collections::BTreeMap;
use std::path::Path;
use tokio::sync::watch;

pub(super) fn run(name: &str, matches: &ArgMatches) -> Result<Exit, Failure> {
    let job =
        jobs::find(name).ok_or_else(|| Failure::usage(format!("there is no job `{name}`")))?;
    let args =
        JobArgs::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    let session = Session::new(&args.drive)?;
    let summary = session
        .run(async |stop, observer| run::run(plan(job, &args, matches, stop), observer).await)?;
    match (&summary.ended, &summary.run_file) {
        (Ended::Canary, Some(run_file)) if session.agrees("Go on with the others?") => {
            go_on(&session, run_file, &args)
        }
        _ => summary::end(&summary),
    }
}

/// Goes on with the rows behind the canary.
fn go_on(session: &Session<'_>, run_file: &Path, args: &JobArgs) -> Result<Exit, Failure> {
    let resumption = |stop| Resumption {
        run_file: run_file.to_owned(),
        again: Vec::new(),
        results: None,
        // It has the first rows.
        pace_trace: None,
        ignore_input: false,
        limits: args.drive.limits(),
        orders: args.drive.stop.orders(stop),
    };
    let summary =
        session.run(async |stop, observer| run::resume(resumption(stop), observer).await)?;
    summary::end(&summary)
}

fn plan(
    job: &'static dyn Job,
    args: &JobArgs,
    matches: &ArgMatches,
    stop: watch::Receiver<u32>,
) -> Plan {
    Plan {
        job,
        options: job_options(job, matches),
        files: Files {
            input: args.input.clone(),
            run_file: args
                .run
                .clone()
                .unwrap_or_else(|| in_this_folder(&args.input, ".run")),
            results: destination(args.out.as_deref(), &args.input, ".results.csv"),
            pace_trace: args.drive.pace.trace_pace.clone(),
        },
        only: args.only.clone(),
        rows: args.limit,
        tenant: match &args.graph_url {
            Some(url) => TenantChoice::Graph(url.clone()),
            None => TenantChoice::Sandbox,
        },
        fresh: args.fresh,
        limits: args.drive.limits(),
        orders: Orders {
            skip_refused: args.skip_refused,
            canary: args.canary,
            ..args.drive.stop.orders(stop)
        },
    }
}

/// The values of the job's own options; a switch that was given has an empty one.
fn job_options(job: &dyn Job, matches: &ArgMatches) -> BTreeMap<String, String> {
    let value = |option: &jobs::JobOption| match option.value {
        Some(_) => matches.get_one::<String>(option.name).cloned(),
        None => matches.get_flag(option.name).then(String::new),
    };
    let options = job.options().iter();
    options
        .filter_map(|option| Some((option.name.to_owned(), value(option)?)))
        .collect()
}
