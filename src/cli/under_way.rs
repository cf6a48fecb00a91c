//! A run in front of somebody: what it says, how it is stopped, and how it ends.

use super::args::{OutputArgs, PaceArgs, StopArgs};
use super::failure::Failure;
use super::{logging, say, summary};
use crate::engine::Limits;
use crate::jobs::visible;
use crate::run::{RunError, Summary};
use crate::shell::clock::Clock;
use crate::shell::driver::Observer;
use crate::shell::progress;
use crate::shell::run_file::Unsaved;
use secrecy::ExposeSecret;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// How a run may use the service.
pub(super) fn limits(pace: &PaceArgs, stop: &StopArgs) -> Limits {
    let limits = pace.limits();
    Limits {
        give_up_after: stop.give_up_after.unwrap_or(limits.give_up_after),
        first_contact_within: stop.give_up_after.unwrap_or(limits.first_contact_within),
        ..limits
    }
}

/// Somebody at a terminal, or a scheduler, with a run before them.
pub(super) struct Session<'a> {
    output: &'a OutputArgs,
    /// How long it is until the run has to stop, if it has to.
    ends_in: Option<Duration>,
    runtime: Runtime,
}

impl<'a> Session<'a> {
    pub(super) fn new(output: &'a OutputArgs, stop: &StopArgs) -> Result<Self, Failure> {
        logging::start(output);
        let no_time_zone =
            || Failure::usage("--stop-at: the time zone of this machine is not known");
        let until = |time| Clock::until(time).ok_or_else(no_time_zone);
        let ends_in = stop.stop_at.map(until).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
        Ok(Self {
            output,
            ends_in,
            runtime,
        })
    }

    /// Lets `running` run to its end, and says how it went.
    pub(super) fn run(
        &self,
        running: impl AsyncFnOnce(watch::Receiver<u32>, &mut dyn Observer) -> Result<Summary, RunError>,
    ) -> Result<Summary, Failure> {
        let (stops, stop) = watch::channel(0);
        let quiet = self.output.quiet || self.output.verbose > 0;
        let mut observer = progress::fitting(quiet);
        let done = self.runtime.block_on(async {
            let mut running = std::pin::pin!(running(stop, observer.as_mut()));
            let mut time_is_up = std::pin::pin!(after(self.ends_in));
            let mut is_up = false;
            loop {
                // Whoever presses Ctrl-C wants to stop: in order the first time, at once the second.
                tokio::select! {
                    done = &mut running => break done,
                    () = asked_to_stop() => {}
                    () = &mut time_is_up, if !is_up => is_up = true,
                }
                stops.send_modify(|count| *count += 1);
            }
        });
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

    /// Asks a question that somebody at a terminal can answer with yes; anything else is a no.
    pub(super) fn agrees(self, question: &str) -> bool {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return false;
        }
        say(&format!("{question} [y/N]"));
        let answer = self.runtime.block_on(async {
            let line = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                std::io::stdin().read_line(&mut line).map(|_| line)
            });
            // Somebody may press Ctrl-C for a no.
            tokio::select! {
                line = line => line.ok().and_then(Result::ok),
                () = asked_to_stop() => None,
            }
        });
        // Nobody waits for a line that may never come.
        self.runtime.shutdown_background();
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

/// Comes back after that time, if there is one.
async fn after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
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
