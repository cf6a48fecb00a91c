//! The one place that reads the time.

use crate::engine::Moment;
use std::time::Duration;
use time::{OffsetDateTime, Time, UtcOffset};
use tokio::time::Instant;

/// Time since the start of the run, and the time of day that goes with it.
///
/// Both come from tokio's clock after the start: under paused time hours pass in milliseconds, and
/// a wall clock that jumps does not disturb a run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_at: OffsetDateTime,
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
        }
    }

    /// Starts now, and calls it `started_at`.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn start_at(started_at: OffsetDateTime) -> Self {
        Self {
            started: Instant::now(),
            started_at,
        }
    }

    /// Now, as the engine counts.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn now(&self) -> Moment {
        Moment::at(Instant::now().duration_since(self.started))
    }

    /// Now, as people count.
    pub fn wall(&self) -> OffsetDateTime {
        self.started_at + self.now().since_start()
    }

    /// When the run started, as people count.
    pub fn started_at(&self) -> OffsetDateTime {
        self.started_at
    }

    /// How long it is until that time of day comes next, by the time zone of this machine; `None` if
    /// that is not known.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    pub fn until(time: Time) -> Option<Duration> {
        let now = OffsetDateTime::now_utc();
        let here = now.to_offset(UtcOffset::local_offset_at(now).ok()?);
        let day = if here.time() < time {
            here.date()
        } else {
            here.date().next_day()?
        };
        // The clocks may change on the way there.
        let at = day.with_time(time).assume_offset(here.offset());
        let at = at.replace_offset(UtcOffset::local_offset_at(at).ok()?);
        (at - now).try_into().ok()
    }

    /// Comes back at `moment`.
    pub async fn sleep_until(&self, moment: Moment) {
        // Tokio's timer counts whole milliseconds; one more is never too early.
        tokio::time::sleep_until(self.started + moment.since_start() + Duration::from_micros(1))
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

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
