//! Who wants a run to stop: somebody with Ctrl-C, whoever closes the terminal or shuts the machine
//! down, and the time of day.

use crate::shell::clock::Clock;
use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{FutureExt, StreamExt};
use std::io;
use std::thread;
use time::OffsetDateTime;
use tokio::runtime::Builder;
use tokio::sync::watch;

/// Counts from now on how often the program is asked to stop. This is done in a thread of its own,
/// which ends with the program: whoever reads a file or waits for a disk meanwhile misses nothing.
pub(super) fn counted(stop_at: Option<OffsetDateTime>) -> io::Result<watch::Receiver<u32>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let asked = {
        let _context = runtime.enter();
        asked()?
    };
    let time_is_up = stream::iter(stop_at).then(|at| Clock::until(at).boxed());
    let mut both = stream::select(asked, time_is_up);
    let (stops, stop) = watch::channel(0);
    let count = async move {
        while let Some(()) = both.next().await {
            stops.send_modify(|count| *count += 1);
        }
    };
    thread::Builder::new()
        .name("stops".to_owned())
        .spawn(move || runtime.block_on(count))?;
    Ok(stop)
}

/// Each time somebody wants the program to end, but for ways that it was started to ignore.
#[cfg(unix)]
fn asked() -> io::Result<SelectAll<BoxStream<'static, ()>>> {
    use ignored::is_ignored;
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let heard = kinds
        .into_iter()
        .filter(|kind| !is_ignored(kind.as_raw_value()));
    let listen = |kind| {
        let mut signal = signal(kind)?;
        Ok(stream::poll_fn(move |context| signal.poll_recv(context)).boxed())
    };
    heard.map(listen).collect()
}

/// Each time somebody wants the program to end. What it was started to ignore (Windows:
/// `SetConsoleCtrlHandler`) does not reach it.
#[cfg(windows)]
fn asked() -> io::Result<SelectAll<BoxStream<'static, ()>>> {
    use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_shutdown};
    let (mut c, mut close, mut shutdown) = (ctrl_c()?, ctrl_close()?, ctrl_shutdown()?);
    Ok([
        stream::poll_fn(move |context| c.poll_recv(context)).boxed(),
        stream::poll_fn(move |context| close.poll_recv(context)).boxed(),
        stream::poll_fn(move |context| shutdown.poll_recv(context)).boxed(),
    ]
    .into_iter()
    .collect())
}

#[cfg(unix)]
mod ignored {
    use std::process::{Command, Stdio};

    /// Whether the program was started to ignore a signal, as `nohup` does, and a shell without a
    /// terminal for what runs in the background. Whoever listens to it all the same ends what was
    /// to go on.
    pub(super) fn is_ignored(signal: i32) -> bool {
        as_system_says(signal).unwrap_or_else(|| as_child_does(signal))
    }

    /// Linux: `proc_pid_status(5)`. `None` elsewhere.
    fn as_system_says(signal: i32) -> Option<bool> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask >> (signal - 1) & 1 == 1)
    }

    /// Children ignore what their parent was started to ignore (POSIX: exec), and a shell cannot
    /// change that. So one that sends itself the signal goes on, or does not.
    fn as_child_does(signal: i32) -> bool {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", &format!("kill -{signal} $$")])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        shell.status().is_ok_and(|status| status.success())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn both_ways_to_ask_say_the_same() {
            for signal in [1, 2, 15] {
                let child = as_child_does(signal);
                assert_eq!(as_system_says(signal).unwrap_or(child), child, "{signal}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_stops_a_run_once() {
        let mut stop = counted(Some(OffsetDateTime::UNIX_EPOCH)).unwrap();
        let runtime = Builder::new_current_thread().build().unwrap();
        let counts =
            runtime.block_on(async { stop.wait_for(|count| *count > 0).await.map(|count| *count) });
        assert_eq!(counts.unwrap(), 1);
    }
}
