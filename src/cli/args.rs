//! What can be typed.

use super::drive::DriveArgs;
use super::exit::Exit;
use super::values::{again, result_status, whole};
use crate::engine::Outcome;
use crate::jobs::{self, Column, Job, JobOption};
use crate::shell::token::TOKEN_VARIABLE;
use clap::{Arg, ArgAction, ArgGroup, Args, Command};
use std::net::SocketAddr;
use std::path::PathBuf;

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

    #[command(flatten)]
    pub(super) drive: DriveArgs,
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

    #[command(flatten)]
    pub(super) drive: DriveArgs,
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
