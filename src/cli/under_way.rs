//! A run in front of somebody: what it says, how it is stopped, and how it ends.

use super::drive::{DriveArgs, OutputArgs};
use super::failure::Failure;
use super::{logging, say, stops, summary};
use crate::jobs::visible;
use crate::run::{RunError, Summary};
use crate::shell::clock::Clock;
use crate::shell::driver::Observer;
use crate::shell::progress;
use crate::shell::run_file::Unsaved;
use secrecy::ExposeSecret;
use std::io::IsTerminal;
use std::thread;
use time::macros::format_description;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

/// Somebody at a terminal, or a scheduler, with a run before them.
pub(super) struct Session<'a> {
    output: &'a OutputArgs,
    /// How often they wanted to stop, since the beginning.
    stop: watch::Receiver<u32>,
    runtime: Runtime,
}

impl<'a> Session<'a> {
    pub(super) fn new(drive: &'a DriveArgs) -> Result<Self, Failure> {
        let (output, stop) = (&drive.output, &drive.stop);
        logging::start(output);
        let no_time_zone =
            || Failure::usage("--stop-at: the time zone of this machine is not known");
        let next = |time| Clock::next(time).ok_or_else(no_time_zone);
        let stop_at = stop.stop_at.map(next).transpose()?;
        let minute = format_description!("[year]-[month]-[day] [hour]:[minute]");
        if let Some(Ok(at)) = stop_at.map(|at| at.format(minute))
            && !output.quiet
        {
            // A time of today that is past means tomorrow.
            say(&format!("stops at {at}"));
        }
        let cannot = |error| Failure::usage(format!("cannot start: {error}"));
        Ok(Self {
            output,
            stop: stops::counted(stop_at).map_err(cannot)?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(cannot)?,
        })
    }

    /// Lets `running` run to its end, and says how it went. Whoever wants to stop is obeyed in order
    /// the first time, at once the second.
    pub(super) fn run(
        &self,
        running: impl AsyncFnOnce(watch::Receiver<u32>, &mut dyn Observer) -> Result<Summary, RunError>,
    ) -> Result<Summary, Failure> {
        let quiet = self.output.quiet || self.output.verbose > 0;
        let mut observer = progress::fitting(quiet);
        let running = running(self.stop.clone(), observer.as_mut());
        let done = self.runtime.block_on(running);
        drop(observer);
        if let (Err(RunError::Stopped { unsaved, .. }), true) = (&done, self.output.show_unsaved) {
            show_unsaved(unsaved);
        }
        let summary = done?;
        if !self.output.quiet {
            say(&summary::text(&summary));
        }
        Ok(summary)
    }

    /// Asks a question that somebody at a terminal can answer with yes; anything else is a no, and so
    /// is a wish to stop, or that it is time to.
    pub(super) fn agrees(&self, question: &str) -> bool {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return false;
        }
        say(&format!("{question} [y/N]"));
        let (answered, answer) = oneshot::channel();
        // Nobody waits for this thread: the line may never come. Without it there is no answer.
        let _ = thread::Builder::new().spawn(move || {
            let mut line = String::new();
            let read = std::io::stdin().read_line(&mut line);
            read.map(|_| answered.send(line))
        });
        let mut stop = self.stop.clone();
        let answer = self.runtime.block_on(async {
            tokio::select! {
                biased;
                Ok(_) = stop.wait_for(|count| *count > 0) => None,
                answer = answer => answer.ok(),
            }
        });
        let answer = answer.unwrap_or_default().trim().to_lowercase();
        ["y", "yes"].contains(&answer.as_str())
    }
}

/// Shows passes that are nowhere else, where only somebody at a terminal sees them.
fn show_unsaved(unsaved: &[Unsaved]) {
    if unsaved.is_empty() {
        return;
    }
    if !std::io::stderr().is_terminal() {
        return say("passes that could not be saved are shown on a terminal only");
    }
    say("These passes could not be saved. When the run goes on, new ones take their place:");
    for Unsaved {
        line,
        cells,
        secret,
    } in unsaved
    {
        let cells: Vec<String> = cells.iter().map(|cell| visible(cell)).collect();
        let (cells, pass) = (cells.join(", "), visible(secret.expose_secret()));
        say(&format!("  line {line}, {cells}: {pass}"));
    }
}
