//! The one place that reads the time.

use crate::engine::Moment;
use std::time::Duration;
use time::{OffsetDateTime, Time, UtcOffset};
use tokio::time::Instant;

/// Time since the start of the run, and the time of day that goes with it.
///
/// The first comes from tokio's clock: under paused time hours pass in milliseconds. On some machines
/// it stands still while they sleep; the time of day does not. A wall clock that jumps disturbs
/// neither.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: OffsetDateTime,
    /// What the machine had counted at the start; `None` where tokio's clock says all.
    counted: Option<Duration>,
}

/// How the service's clock differs from ours.
///
/// What a reply is dated is to the second and some time old, so the clock is never behind that: the
/// latest that any reply has shown it to be is the nearest to the truth.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceClock {
    ahead: Option<time::Duration>,
}

impl ServiceClock {
    /// A reply that was dated `date` arrived at `wall` by our clock.
    pub fn heard(&mut self, date: OffsetDateTime, wall: OffsetDateTime) {
        let ahead = date - wall;
        self.ahead = Some(self.ahead.map_or(ahead, |before| before.max(ahead)));
    }

    /// What time it is for the service at `wall`, or a little before that; ours as long as nothing
    /// was heard.
    pub fn at(&self, wall: OffsetDateTime) -> OffsetDateTime {
        wall.saturating_add(self.ahead.unwrap_or_default())
    }
}

impl Clock {
    /// Starts now, by the clock of this machine.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            started_at: OffsetDateTime::now_utc(),
            counted: counted(),
        }
    }

    /// Starts now, calls it `started_at`, and goes by tokio's clock alone.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn start_at(started_at: OffsetDateTime) -> Self {
        Self {
            started: Instant::now(),
            started_at,
            counted: None,
        }
    }

    /// Now, as the engine counts.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn now(&self) -> Moment {
        Moment::at(Instant::now().duration_since(self.started))
    }

    /// Now, as people count.
    pub fn wall(&self) -> OffsetDateTime {
        let counted = |start: Duration| Some(counted()?.saturating_sub(start));
        let passed = self.counted.and_then(counted);
        self.started_at + passed.unwrap_or_else(|| self.now().since_start())
    }

    /// When the run started, as people count.
    pub fn started_at(&self) -> OffsetDateTime {
        self.started_at
    }

    /// When that time of day comes next, by the time zone of this machine; `None` if that is not
    /// known.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn next(time: Time) -> Option<OffsetDateTime> {
        let now = OffsetDateTime::now_utc();
        let here = now.to_offset(UtcOffset::local_offset_at(now).ok()?);
        let day = if here.time() < time {
            here.date()
        } else {
            here.date().next_day()?
        };
        // The clocks may change on the way there.
        let at = day.with_time(time).assume_offset(here.offset());
        Some(at.replace_offset(UtcOffset::local_offset_at(at).ok()?))
    }

    /// Comes back when the clock of this machine says `at` or later, also where it is set or the
    /// machine sleeps meanwhile.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub async fn until(at: OffsetDateTime) {
        /// As late it may be then.
        const LOOK: Duration = Duration::from_secs(30);
        // Less than nothing is no such duration.
        while let Ok(left) = Duration::try_from(at - OffsetDateTime::now_utc())
            && !left.is_zero()
        {
            tokio::time::sleep(LOOK.min(left)).await;
        }
    }

    /// Comes back at `moment`.
    pub async fn sleep_until(&self, moment: Moment) {
        // Tokio's timer counts whole milliseconds; one more is never too early.
        tokio::time::sleep_until(self.started + moment.since_start() + Duration::from_micros(1))
            .await;
    }
}

/// How long this machine has been up, its sleep included, of which tokio's clock says nothing.
#[cfg(unix)]
fn counted() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    // Linux: clock_gettime(2). The monotonic clock of macOS goes on in sleep: clock_gettime(3).
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    clock_gettime(CLOCK).try_into().ok()
}

/// Tokio's clock goes on while the machine sleeps (Windows: `QueryPerformanceCounter`).
#[cfg(not(unix))]
fn counted() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    /// Lets it run while tokio's clock stands still unless somebody waits for it, as if the machine
    /// slept.
    fn asleep<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        runtime.unwrap().block_on(work)
    }

    #[cfg(unix)]
    #[test]
    fn the_time_of_day_goes_on_while_the_machine_sleeps() {
        asleep(async {
            let clock = Clock::start();
            let wakes = (0..u32::MAX).any(|_| clock.wall() > clock.started_at());
            assert!(wakes && clock.now() == Moment::START);
        });
    }

    #[test]
    fn a_time_of_day_is_reached_by_the_clock_of_the_machine_whatever_the_timer_says() {
        let now = || Clock::start().started_at();
        asleep(async {
            for span in [-86_400_000, 0, 2] {
                let at = now() + time::Duration::milliseconds(span);
                Clock::until(at).await;
                assert!(now() >= at);
            }
        });
    }

    #[test]
    fn the_latest_that_a_reply_shows_the_service_to_be_is_the_nearest_to_the_truth() {
        let ours = datetime!(2026-11-20 09:00:00.25 UTC);
        let mut service = ServiceClock::default();
        assert_eq!(service.at(ours), ours);
        // The service is 60.5 s behind, and says so to the second.
        service.heard(datetime!(2026-11-20 08:58:59 UTC), ours);
        assert_eq!(service.at(ours), datetime!(2026-11-20 08:58:59 UTC));
        let later = ours + time::Duration::milliseconds(800);
        service.heard(datetime!(2026-11-20 08:59:00 UTC), later);
        service.heard(
            datetime!(2026-11-20 08:59:00 UTC),
            later + time::Duration::SECOND,
        );
        assert_eq!(service.at(later), datetime!(2026-11-20 08:59:00 UTC));
    }
}
