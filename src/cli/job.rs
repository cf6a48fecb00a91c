//! `bulkgraph phone`, `tap`, `copy-members`: what was typed becomes a plan, and the plan is run.

use super::args::JobArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::{logging, say, summary};
use crate::engine::Limits;
use crate::jobs::{self, Job};
use crate::run::{self, Plan, TenantChoice};
use crate::shell::driver::Orders;
use crate::shell::files::Files;
use crate::shell::progress;
use crate::shell::results::Destination;
use clap::{ArgMatches, FromArgMatches};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::sync::watch;

pub(super) fn run(name: &str, matches: &ArgMatches) -> Result<Exit, Failure> {
    let job =
        jobs::find(name).ok_or_else(|| Failure::usage(format!("there is no job `{name}`")))?;
    let args =
        JobArgs::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    logging::start(&args);
    let (stops, stop) = watch::channel(0);
    let plan = plan(job, &args, matches, stop)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
    let mut observer = progress::fitting(args.quiet || args.verbose > 0);
    let done = runtime.block_on(async {
        let mut running = std::pin::pin!(run::run(plan, observer.as_mut()));
        loop {
            // Whoever presses Ctrl-C wants to stop: in order the first time, at once the second.
            tokio::select! {
                done = &mut running => break done,
                Ok(()) = tokio::signal::ctrl_c() => stops.send_modify(|count| *count += 1),
            }
        }
    });
    drop(observer);
    let summary = done?;
    if !args.quiet {
        say(&summary::text(&summary));
    }
    summary::end(&summary)
}

fn plan(
    job: &'static dyn Job,
    args: &JobArgs,
    matches: &ArgMatches,
    stop: watch::Receiver<u32>,
) -> Result<Plan, Failure> {
    let stem = args.input.file_stem().ok_or_else(|| {
        Failure::usage(format!(
            "`{}` is not the name of a file",
            args.input.display()
        ))
    })?;
    let beside = |ending: &str| {
        let mut name = stem.to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let results = match &args.out {
        Some(path) if path == Path::new("-") => Destination::Stdout,
        Some(path) => Destination::File(path.clone()),
        None => Destination::File(beside(".results.csv")),
    };
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Plan {
        job,
        options: job_options(job, matches),
        files: Files {
            input: args.input.clone(),
            run_file: args.run.clone().unwrap_or_else(|| beside(".run")),
            results,
        },
        rows: args.limit,
        tenant: match &args.graph_url {
            Some(url) => TenantChoice::Graph(url.clone()),
            None => TenantChoice::Sandbox,
        },
        fresh: args.fresh,
        limits: Limits {
            batch_size: size(args.batch_size),
            concurrency: size(args.concurrency),
            ..Limits::default()
        },
        orders: Orders {
            skip_refused: args.skip_refused,
            stop,
        },
    })
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
