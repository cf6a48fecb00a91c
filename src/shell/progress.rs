//! What is shown while a run is under way, on standard error.

use super::driver::{Observer, Progress};
use super::speed::{Speed, in_words};
use crate::engine::Outcome;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Shows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Observer for Silent {
    fn turn(&mut self, _progress: &Progress<'_>) {}
}

/// A bar, for a terminal.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    speed: Speed,
}

/// Lines now and then, for logs and pipes.
#[derive(Debug, Default)]
pub struct Lines {
    next: Duration,
    speed: Speed,
    /// What was said last besides counts, so that news is not kept for ten seconds.
    trouble: Option<String>,
    stopping: bool,
    waiting: bool,
}

/// What fits where standard error goes.
pub fn fitting(quiet: bool) -> Box<dyn Observer> {
    if quiet {
        Box::new(Silent)
    } else if std::io::stderr().is_terminal() {
        Box::new(Bar::new())
    } else {
        Box::new(Lines::default())
    }
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        // A template that does not parse would only change the looks.
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {pos}/{len} {wide_msg}") {
            bar.set_style(style.progress_chars("##-"));
        }
        Self {
            bar,
            speed: Speed::default(),
        }
    }
}

impl Observer for Bar {
    fn turn(&mut self, progress: &Progress<'_>) {
        let ended = progress.tally.settled_lines();
        self.speed.see(progress.elapsed, ended);
        self.bar.set_length(progress.tally.lines);
        self.bar.set_position(ended);
        self.bar.set_message(situation(progress, &self.speed));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Lines {
    fn turn(&mut self, progress: &Progress<'_>) {
        const EVERY: Duration = Duration::from_secs(10);
        self.speed
            .see(progress.elapsed, progress.tally.settled_lines());
        let first = self.next.is_zero();
        let news = self.stopping != progress.stopping
            || (progress.trouble.is_some() && self.trouble.as_deref() != progress.trouble)
            || (!self.waiting && waiting(progress).is_some());
        if !first && !news && progress.elapsed < self.next {
            return;
        }
        self.next = progress.elapsed + EVERY;
        self.stopping = progress.stopping;
        self.waiting = waiting(progress).is_some();
        self.trouble = progress.trouble.map(str::to_owned);
        if !first || news {
            let (done, lines) = (progress.tally.settled_lines(), progress.tally.lines);
            let line = format!("{done}/{lines} {}", situation(progress, &self.speed));
            // Nobody is hurt if standard error is closed.
            let _ = writeln!(std::io::stderr(), "{}", line.trim_end());
        }
    }
}

/// A wait that is long enough to wonder about.
fn waiting(progress: &Progress<'_>) -> Option<Duration> {
    progress.idle.filter(|idle| *idle > Duration::from_secs(2))
}

/// What there is to say besides the count, in half a line.
fn situation(progress: &Progress<'_>, speed: &Speed) -> String {
    let mut parts = Vec::new();
    if let Some(per_second) = speed.per_second() {
        parts.push(format!("{per_second:.1}/s"));
    }
    let rest = progress
        .tally
        .lines
        .saturating_sub(progress.tally.settled_lines());
    if let Some(left) = speed.left(rest) {
        parts.push(format!("{} left", in_words(left)));
    }
    let bad: u64 = Outcome::ALL
        .into_iter()
        .filter(|outcome| !outcome.is_good())
        .map(|outcome| progress.tally.count(outcome))
        .sum();
    if bad > 0 {
        parts.push(format!("{bad} failed"));
    }
    if progress.statistics.throttled > 0 {
        parts.push(format!("throttled {}", progress.statistics.throttled));
    }
    if progress.stopping {
        parts.push(format!(
            "stopping, {} replies on their way",
            progress.in_flight
        ));
    } else if let Some(pause) = progress.pause {
        parts.push(format!("paused for {:.0} s", pause.as_secs_f64().ceil()));
    } else if let Some(idle) = waiting(progress) {
        parts.push(format!("waiting {:.0} s", idle.as_secs_f64().ceil()));
    }
    if let Some(trouble) = progress.trouble {
        parts.push(trouble.to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Statistics;
    use crate::shell::run_file::Tally;

    #[test]
    fn the_situation_says_what_is_not_going_well_and_nothing_else() {
        let mut tally = Tally {
            lines: 10,
            ..Tally::default()
        };
        let quiet = Statistics::default();
        let show = |tally: &Tally, statistics, pause, stopping| {
            let idle = Some(Duration::from_millis(28_100));
            let (elapsed, trouble) = (Duration::ZERO, None);
            let in_flight = 2;
            let progress = Progress {
                tally,
                statistics,
                pause,
                trouble,
                in_flight,
                idle,
                paces: Vec::new(),
                stopping,
                elapsed,
            };
            situation(&progress, &Speed::default())
        };
        assert_eq!(show(&tally, quiet, None, false), "waiting 29 s");
        tally.outcomes.insert(Outcome::Failed, 2);
        tally.outcomes.insert(Outcome::InDoubt, 1);
        let throttled = Statistics {
            throttled: 7,
            ..quiet
        };
        let pause = Some(Duration::from_millis(1200));
        assert_eq!(
            show(&tally, throttled, pause, false),
            "3 failed, throttled 7, paused for 2 s"
        );
        assert_eq!(
            show(&tally, quiet, pause, true),
            "3 failed, stopping, 2 replies on their way"
        );
    }
}
