//! How long batches take, and how many of them at a time are worth it.

use std::time::Duration;

/// How long batches take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RoundTrip {
    /// The shortest so far.
    least: Option<Duration>,
    /// The latest, smoothed.
    lately: Duration,
}

impl RoundTrip {
    /// What is shorter than this is never called long, so that small batches are no measure for large
    /// ones.
    const SHORT: Duration = Duration::from_millis(100);
    /// Batches that take so many times the least wait for each other.
    const LONG: u32 = 3;
    /// The least grows by this part with each batch, because a service may become slower for good.
    const FORGOTTEN: u32 = 500;

    /// A batch took that long.
    pub(super) fn took(&mut self, took: Duration) {
        let least = self
            .least
            .map_or(took, |least| (least + least / Self::FORGOTTEN).min(took));
        self.least = Some(least);
        self.lately = (self.lately * 7 + took) / 8;
    }

    /// How many batches at a time are worth it, of `most`: where they only wait for each other, fewer
    /// do the same. At least one; nothing where none has been seen.
    pub(super) fn worth_in_flight(&self, most: usize) -> Option<usize> {
        let usual = self.least?.max(Self::SHORT) * Self::LONG;
        if self.lately <= usual {
            return Some(most);
        }
        let part = usual.as_secs_f64() / self.lately.as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a part of a small number"
        )]
        let worth = (most as f64 * part) as usize;
        Some(worth.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is worth it of 16, where batches took that many milliseconds.
    fn of_sixteen(millis: &[u64]) -> usize {
        let mut round_trip = RoundTrip::default();
        for took in millis {
            round_trip.took(Duration::from_millis(*took));
        }
        round_trip.worth_in_flight(16).unwrap_or(16)
    }

    #[test]
    fn as_many_as_there_may_be_while_none_takes_longer_than_usual() {
        assert_eq!(of_sixteen(&[]), 16);
        assert_eq!(of_sixteen(&[200; 40]), 16);
        assert_eq!(of_sixteen(&[1, 250, 250, 250]), 16);
    }

    #[test]
    fn fewer_where_they_wait_for_each_other() {
        let slow = [&[200][..], &[1200; 20]].concat();
        assert_eq!(of_sixteen(&slow), 8);
        let slower = [&[200][..], &[60_000; 20]].concat();
        assert_eq!(of_sixteen(&slower), 1);
    }
}
