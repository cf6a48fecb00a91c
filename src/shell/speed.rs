//! How fast rows end, and how long the rest takes.

use std::collections::VecDeque;
use std::time::Duration;

/// How fast rows end, by the last minute.
#[derive(Clone, Debug, Default)]
pub struct Speed {
    /// How many had ended when, a second apart.
    samples: VecDeque<(Duration, u64)>,
}

impl Speed {
    const EVERY: Duration = Duration::from_secs(1);
    const WINDOW: Duration = Duration::from_mins(1);
    /// Before this long nobody can say.
    const LEAST: Duration = Duration::from_secs(3);

    /// So many rows have ended so long after the start.
    pub fn see(&mut self, elapsed: Duration, ended: u64) {
        let is_due = |(last, _): &(Duration, u64)| elapsed.saturating_sub(*last) >= Self::EVERY;
        if self.samples.back().is_none_or(is_due) {
            self.samples.push_back((elapsed, ended));
        }
        let is_old = |(at, _): &(Duration, u64)| elapsed.saturating_sub(*at) > Self::WINDOW;
        while self.samples.len() > 2 && self.samples.front().is_some_and(is_old) {
            self.samples.pop_front();
        }
    }

    /// Rows a second; nothing where too little was seen.
    pub fn per_second(&self) -> Option<f64> {
        let ((began, before), (at, now)) = (self.samples.front()?, self.samples.back()?);
        let seconds = at.checked_sub(*began).filter(|time| *time >= Self::LEAST)?;
        #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
        let ended = now.saturating_sub(*before) as f64;
        Some(ended / seconds.as_secs_f64())
    }

    /// How long so many rows will take; nothing where that cannot be said.
    pub fn left(&self, rows: u64) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
        let seconds = rows as f64 / self.per_second()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// A span of time as people say it: `40 s`, `12 min`, `3 h 20 min`.
pub fn in_words(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 3_600, seconds % 3_600 / 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_last_minute_says_how_fast_it_goes() {
        let mut speed = Speed::default();
        speed.see(seconds(0), 100);
        speed.see(seconds(2), 120);
        assert_eq!(speed.per_second(), None);
        for second in 3..=60 {
            speed.see(seconds(second), 100 + second * 10);
        }
        assert_eq!(speed.left(3_000), Some(seconds(300)));
        for second in 61..=200 {
            speed.see(seconds(second), 700);
        }
        assert_eq!(speed.per_second(), Some(0.0));
        assert_eq!(speed.left(3_000), None);
    }

    #[test]
    fn a_span_is_said_as_people_say_it() {
        for (span, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (12_000, "3 h 20 min"),
        ] {
            assert_eq!(in_words(seconds(span)), words);
        }
    }
}
