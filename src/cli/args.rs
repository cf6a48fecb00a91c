//! What can be typed.

use super::exit::Exit;
use super::values::{again, max_failures, rate, result_status, share, span, time_of_day, whole};
use crate::engine::{Batch, FailureLimit, Limits, Outcome, Priority};
use crate::jobs::{self, Column, Job, JobOption};
use crate::shell::driver::Orders;
use crate::shell::token::TOKEN_VARIABLE;
use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, ArgGroup, Args, Command, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use time::Time;
use tokio::sync::watch;

/// The whole command line.
pub fn command() -> Command {
    Command::new("bulkgraph")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Bulk identity jobs against Microsoft Graph, from CSV files")
        .after_help(Exit::help())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(jobs::REGISTRY.iter().map(|job| job_command(*job)))
        .subcommand(
            ResumeArgs::augment_args(Command::new("resume"))
                .about("Go on with a run that stopped before its end")
                .long_about(None)
                .after_help(Exit::help()),
        )
        .subcommand(
            RetryArgs::augment_args(Command::new("retry"))
                .about("Run the failed rows of a run again")
                .long_about(None)
                .after_help(Exit::help()),
        )
        .subcommand(
            RunFileArgs::augment_args(Command::new("status"))
                .about("Say what a run is about, how far it came and what to type next")
                .long_about(None),
        )
        .subcommand(
            RunsArgs::augment_args(Command::new("runs"))
                .about("List the run files of a folder")
                .long_about(None),
        )
        .subcommand(
            ResultsArgs::augment_args(Command::new("results"))
                .about("Write the result file of a run again")
                .long_about(None),
        )
        .subcommand(
            ForgetArgs::augment_args(Command::new("forget"))
                .about("Remove the passes from a run file for good, and keep the rest")
                .long_about(None),
        )
        .subcommand(
            SimulateArgs::augment_args(Command::new("simulate"))
                .about("Serve a made-up tenant that behaves like Microsoft Graph")
                .long_about(None),
        )
}

/// The options of every job.
#[derive(Args, Clone, Debug)]
pub(super) struct JobArgs {
    /// CSV file with one row for each person or pair of groups; line 1 names the columns
    #[arg(value_name = "JOB.csv")]
    pub(super) input: PathBuf,

    /// Use a made-up tenant in this process
    #[arg(long, help_heading = "Tenant")]
    pub(super) sandbox: bool,

    /// Graph host, such as `https://graph.microsoft.com`
    #[arg(long, value_name = "URL", help_heading = "Tenant")]
    pub(super) graph_url: Option<String>,

    /// Result CSV; `-` is standard output [default: JOB.results.csv in this folder]
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub(super) out: Option<PathBuf>,

    /// Run file, the record of what was sent and answered [default: JOB.run in this folder]
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub(super) run: Option<PathBuf>,

    /// Move an earlier run file and its results aside, and start anew
    #[arg(long, help_heading = "Files")]
    pub(super) fresh: bool,

    /// Run the good rows although others are refused
    #[arg(long, help_heading = "Rows")]
    pub(super) skip_refused: bool,

    /// Only the rows of a result file with one of these in `ResultStatus`, such as `failed,in_doubt`
    #[arg(
        long, value_name = "STATUS,…", value_delimiter = ',', value_parser = result_status,
        help_heading = "Rows"
    )]
    pub(super) only: Vec<&'static str>,

    /// Work on the first N rows, then wait for a yes before the others
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(text, 1..=u64::MAX), conflicts_with = "sandbox",
        help_heading = "Rows"
    )]
    pub(super) canary: Option<u64>,

    /// Only the first N rows
    #[arg(
        long, value_name = "N", allow_negative_numbers = true,
        value_parser = |text: &str| whole(text, 1..=u64::MAX), help_heading = "Rows"
    )]
    pub(super) limit: Option<u64>,

    /// How fast to go.
    #[command(flatten)]
    pub(super) pace: PaceArgs,

    /// When to stop.
    #[command(flatten)]
    pub(super) stop: StopArgs,

    /// What to say.
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Options of every run for when it stops before its end. It can go on then.
#[derive(Args, Clone, Debug)]
pub(super) struct StopArgs {
    /// Stop when more than N rows, or more than N% of all, failed or are in doubt [default: when
    /// the first 50 all fail for the same reason]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true, value_parser = max_failures,
        help_heading = "Stop"
    )]
    max_failures: Option<FailureLimit>,

    /// Stop at this time of day, such as 06:30
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day, help_heading = "Stop")]
    pub(super) stop_at: Option<Time>,

    /// Stop when Graph let nothing through for so long, such as 90s, 15m or 2h [default: 15m, and 1m
    /// where nobody ever answered]
    #[arg(long, value_name = "TIME", value_parser = span, help_heading = "Stop")]
    pub(super) give_up_after: Option<Duration>,
}

impl StopArgs {
    pub(super) fn orders(&self, stop: watch::Receiver<u32>) -> Orders {
        Orders {
            skip_refused: false,
            canary: None,
            max_failures: self.max_failures.unwrap_or_default(),
            stop,
        }
    }
}

/// Options of every run for how it uses the service.
#[derive(Args, Clone, Debug)]
pub(super) struct PaceArgs {
    /// Requests in a batch, 1 to 20
    #[arg(
        long, value_name = "N", default_value_t = Batch::LARGEST as u64, allow_negative_numbers = true,
        value_parser = |text: &str| whole(text, 1..=Batch::LARGEST as u64), help_heading = "Pace"
    )]
    pub(super) batch_size: u64,

    /// Batches in flight, 1 to 64
    #[arg(
        long, value_name = "N", default_value_t = Limits::CONCURRENCY as u64, allow_negative_numbers = true,
        value_parser = |text: &str| whole(text, 1..=64), help_heading = "Pace"
    )]
    pub(super) concurrency: u64,

    /// Send at most N requests a second, 0.01 to 10000: writes for groups and their members, all
    /// requests for phones and passes [default: as many as get through]
    #[arg(
        long, value_name = "N", allow_negative_numbers = true, value_parser = rate, help_heading = "Pace"
    )]
    pub(super) rate: Option<f64>,

    /// Use a part of what the service lets through, 0.05 to 1 or 5% to 100%, and leave the rest to
    /// others
    #[arg(
        long, value_name = "PART", allow_negative_numbers = true, value_parser = share,
        default_value = "1", help_heading = "Pace"
    )]
    pub(super) share: f64,

    /// Tell the service how much the requests matter; low ones are throttled before those of others
    #[arg(
        long,
        value_enum,
        ignore_case = true,
        value_name = "PRIORITY",
        help_heading = "Pace"
    )]
    pub(super) priority: Option<Priority>,

    /// CSV file in which it is written down how fast it goes
    #[arg(long, value_name = "FILE", help_heading = "Pace")]
    pub(super) trace_pace: Option<PathBuf>,
}

impl PaceArgs {
    pub(super) fn limits(&self) -> Limits {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Limits {
            batch_size: size(self.batch_size),
            concurrency: size(self.concurrency),
            rate: self.rate,
            share: self.share,
            priority: self.priority,
            ..Limits::default()
        }
    }
}

/// Options of every run for what it says.
#[derive(Args, Clone, Debug)]
pub(super) struct OutputArgs {
    /// Say more; twice: a line for every batch
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub(super) verbose: u8,

    /// Should the run file fail: show the passes that it could not take, on a terminal
    #[arg(long, help_heading = "Output")]
    pub(super) show_unsaved: bool,

    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(super) quiet: bool,

    /// Form of log lines
    #[arg(long, value_enum, default_value_t = LogFormat::Text, value_name = "FORM", help_heading = "Output")]
    pub(super) log_format: LogFormat,
}

impl ValueEnum for Priority {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The options of `resume`.
#[derive(Args, Clone, Debug)]
pub(super) struct ResumeArgs {
    /// Run file of the run
    #[arg(value_name = "RUN")]
    pub(super) run: PathBuf,

    /// Result CSV; `-` is standard output [default: where the results of the run went before]
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub(super) out: Option<PathBuf>,

    /// Go on with the rows as they were read, although the input has changed since
    #[arg(long, help_heading = "Rows")]
    pub(super) ignore_input: bool,

    /// How fast to go.
    #[command(flatten)]
    pub(super) pace: PaceArgs,

    /// When to stop.
    #[command(flatten)]
    pub(super) stop: StopArgs,

    /// What to say.
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// The options of `retry`.
#[derive(Args, Clone, Debug)]
pub(super) struct RetryArgs {
    /// Which rows, by their `ResultStatus`: `failed`, `in_doubt`, `refused`
    #[arg(
        long, value_name = "STATUS,…", value_delimiter = ',', value_parser = again,
        default_value = "failed,in_doubt", help_heading = "Rows"
    )]
    pub(super) status: Vec<Outcome>,

    /// What it has in common with `resume`.
    #[command(flatten)]
    pub(super) resume: ResumeArgs,
}

/// The options of `status` and `forget`.
#[derive(Args, Clone, Debug)]
pub(super) struct RunFileArgs {
    /// Run file of the run
    #[arg(value_name = "RUN")]
    pub(super) run: PathBuf,
}

/// The options of `forget`.
#[derive(Args, Clone, Debug)]
pub(super) struct ForgetArgs {
    #[command(flatten)]
    pub(super) file: RunFileArgs,

    /// Remove passes that are in no result file too
    #[arg(long)]
    pub(super) yes: bool,
}

/// The options of `runs`.
#[derive(Args, Clone, Debug)]
pub(super) struct RunsArgs {
    /// Folder with run files [default: this one]
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(super) folder: PathBuf,
}

/// The options of `results`.
#[derive(Args, Clone, Debug)]
pub(super) struct ResultsArgs {
    /// Run file of the run
    #[arg(value_name = "RUN")]
    pub(super) run: PathBuf,

    /// Only the rows with one of these in `ResultStatus`, such as `failed,in_doubt`
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',', value_parser = result_status)]
    pub(super) status: Vec<&'static str>,

    /// Result CSV; `-` is standard output [default: where the results of the run went, and with
    /// --status a file beside it, such as RUN.failed.results.csv]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

/// The options of `simulate`.
#[derive(Args, Clone, Debug)]
pub(super) struct SimulateArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,

    /// TOML file with the tenant and how the service behaves [default: the sample tenant]
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,

    /// Accept any bearer token, whoever made it, with every permission
    #[arg(long)]
    pub(super) open: bool,

    /// Serve https, and write the certificate authority to trust to DIR/ca.pem
    #[arg(long, value_name = "DIR")]
    pub(super) tls: Option<PathBuf>,

    /// Write every request to FILE as it comes, with its headers and secrets, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
}

fn job_command(job: &'static dyn Job) -> Command {
    let column = |column: &Column| {
        format!(
            "  {}{}\n",
            column.name,
            if column.required { "" } else { " (optional)" }
        )
    };
    let columns: String = job.columns().iter().map(column).collect();
    let after = format!(
        "Columns of the input:\n{columns}\nThe bearer token for --graph-url is read from the environment \
         variable {TOKEN_VARIABLE}.\n\n{}",
        Exit::help()
    );
    let command = Command::new(job.name()).args(job.options().iter().map(job_option));
    JobArgs::augment_args(command)
        .about(job.about())
        .long_about(None)
        .after_help(after)
        .group(
            ArgGroup::new("tenant")
                .args(["sandbox", "graph_url"])
                .required(true),
        )
}

fn job_option(option: &JobOption) -> Arg {
    let arg = Arg::new(option.name)
        .long(option.name)
        .help(option.help)
        .help_heading("Job");
    let arg = match option.value {
        Some(value) => arg.value_name(value),
        None => arg.action(ArgAction::SetTrue),
    };
    match option.choices {
        [] => arg,
        [default, ..] => arg
            .value_parser(option.choices.to_vec())
            .default_value(*default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::FromArgMatches;

    fn parsed(options: &[&str]) -> PaceArgs {
        let job = ["bulkgraph", "phone", "wave.csv", "--sandbox"];
        let matches = command()
            .try_get_matches_from([&job[..], options].concat())
            .unwrap();
        let args = JobArgs::from_arg_matches(matches.subcommand().unwrap().1).unwrap();
        args.pace
    }

    #[test]
    fn a_pace_means_what_was_typed() {
        let of = |args: PaceArgs| (args.rate, args.share, args.priority);
        for (options, expected) in [
            (&[][..], (None, 1.0, None)),
            (&["--rate", "20"], (Some(20.0), 1.0, None)),
            (&["--rate", "0.5"], (Some(0.5), 1.0, None)),
            (&["--share", "0.25"], (None, 0.25, None)),
            (&["--share", "50%"], (None, 0.5, None)),
            (&["--share", "5 %"], (None, 0.05, None)),
            (&["--share", "100%"], (None, 1.0, None)),
            (&["--priority", "low"], (None, 1.0, Some(Priority::Low))),
            (&["--priority", "high"], (None, 1.0, Some(Priority::High))),
        ] {
            assert_eq!(of(parsed(options)), expected, "{options:?}");
        }
    }
}
