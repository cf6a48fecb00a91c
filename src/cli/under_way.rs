//! A run in front of somebody: what it says, how it is stopped, and how it ends.

use super::args::OutputArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::{logging, say, summary};
use crate::run::{RunError, Summary};
use crate::shell::driver::Observer;
use crate::shell::progress;
use tokio::sync::watch;

/// Lets `running` run to its end, and says how it went.
pub(super) fn run(
    output: &OutputArgs,
    running: impl AsyncFnOnce(watch::Receiver<u32>, &mut dyn Observer) -> Result<Summary, RunError>,
) -> Result<Exit, Failure> {
    logging::start(output);
    let (stops, stop) = watch::channel(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("cannot start: {error}")))?;
    let mut observer = progress::fitting(output.quiet || output.verbose > 0);
    let done = runtime.block_on(async {
        let mut running = std::pin::pin!(running(stop, observer.as_mut()));
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
    if !output.quiet {
        say(&summary::text(&summary));
    }
    summary::end(&summary)
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
