//! The options of every command that lets a run go on: how fast, until when, and what is said of it.

use super::values::{max_failures, rate, share, span, time_of_day, whole};
use crate::engine::{Batch, FailureLimit, Limits, Priority};
use crate::shell::driver::Orders;
use clap::builder::PossibleValue;
use clap::{ArgAction, Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;
use time::Time;
use tokio::sync::watch;

/// How a run is driven.
#[derive(Args, Clone, Debug)]
pub(super) struct DriveArgs {
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

impl DriveArgs {
    /// How the run may use the service.
    pub(super) fn limits(&self) -> Limits {
        let limits = self.pace.limits();
        let patience = self.stop.give_up_after;
        Limits {
            give_up_after: patience.unwrap_or(limits.give_up_after),
            first_contact_within: patience.unwrap_or(limits.first_contact_within),
            ..limits
        }
    }
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

#[cfg(test)]
mod tests {
    use super::super::args::{JobArgs, command};
    use super::*;
    use clap::FromArgMatches;

    fn parsed(options: &[&str]) -> PaceArgs {
        let job = ["bulkgraph", "phone", "wave.csv", "--sandbox"];
        let matches = command()
            .try_get_matches_from([&job[..], options].concat())
            .unwrap();
        let args = JobArgs::from_arg_matches(matches.subcommand().unwrap().1).unwrap();
        args.drive.pace
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
