//! `bulkgraph phone`, `tap`, `copy-members`: what was typed becomes a plan, and the plan is run.

use super::args::JobArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::results::{destination, in_this_folder};
use super::{logging, say, summary};
use crate::engine::Limits;
use crate::jobs::{self, Job};
use crate::run::{self, Plan, TenantChoice};
use crate::shell::driver::Orders;
use crate::shell::files::Files;
use crate::shell::progress;
use clap::{ArgMatches, FromArgMatches};
use std::collections::BTreeMap;
use tokio::sync::watch;

pub(super) fn run(name: &str, matches: &ArgMatches) -> Result<Exit, Failure> {
    let job =
        jobs::find(name).ok_or_else(|| Failure::usage(format!("there is no job `{name}`")))?;
    let args =
        JobArgs::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))?;
    logging::start(&args);
    let (stops, stop) = watch::channel(0);
    let plan = plan(job, &args, matches, stop);
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
                () = asked_to_stop() => stops.send_modify(|count| *count += 1),
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
) -> Plan {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
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
            pace_trace: args.trace_pace.clone(),
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
            rate: args.rate,
            share: args.share,
            priority: args.priority,
            ..Limits::default()
        },
        orders: Orders {
            skip_refused: args.skip_refused,
            stop,
        },
    }
}

/// Comes back when somebody wants the program to end: with Ctrl-C, or by closing the terminal or
/// shutting the machine down.
#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (terminate, hang_up) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    let (Ok(mut terminate), Ok(mut hang_up)) = (terminate, hang_up) else {
        return ctrl_c().await;
    };
    tokio::select! {
        () = ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}

#[cfg(windows)]
async fn asked_to_stop() {
    use tokio::signal::windows::{ctrl_close, ctrl_shutdown};
    let (Ok(mut close), Ok(mut shutdown)) = (ctrl_close(), ctrl_shutdown()) else {
        return ctrl_c().await;
    };
    tokio::select! {
        () = ctrl_c() => {}
        _ = close.recv() => {}
        _ = shutdown.recv() => {}
    }
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal nobody can ask.
        std::future::pending::<()>().await;
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
