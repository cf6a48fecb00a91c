//! What there is to see of how fast it goes.

use super::lane::Lane;
use super::{Moment, Workload};
use std::collections::HashMap;

/// What went through the scheduler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Batches sent.
    pub batches: u64,
    /// Operations sent, each try counted.
    pub requests: u64,
    /// Tries that were throttled.
    pub throttled: u64,
    /// Tries that had to be repeated for another reason.
    pub retried: u64,
}

/// How many requests of a workload came how far; each try counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Sent.
    pub sent: u64,
    /// Let through by the limits, whether they succeeded or were refused for another reason.
    pub delivered: u64,
    /// Refused for being one too many.
    pub throttled: u64,
}

/// How fast a workload goes at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaceReading {
    /// Which workload.
    pub workload: Workload,
    /// Requests a second that are sent at most; `None` where only documented quotas limit them.
    pub rate: Option<f64>,
    /// Requests a second that the service is believed to let through; `None` where nothing is known.
    pub estimate: Option<f64>,
    /// What the pace is about, as one word; empty where there is nothing to say.
    pub phase: &'static str,
    /// Requests that could be sent at once; `None` where [`Self::rate`] is.
    pub credit: Option<f64>,
    /// Batches on their way.
    pub batches_in_flight: usize,
    /// What went through so far.
    pub traffic: Traffic,
    /// When the pause that the service asked for is over; `None` where there is none.
    pub paused_until: Option<Moment>,
}

impl PaceReading {
    /// Reads what can be said of each workload at present, in the order of [`Workload::ALL`].
    pub(super) fn of_each(lanes: &HashMap<Workload, Lane>, now: Moment) -> Vec<Self> {
        let lanes = Workload::ALL
            .into_iter()
            .filter_map(|workload| Some((workload, lanes.get(&workload)?)));
        lanes
            .map(|(workload, lane)| Self::of(workload, lane, now))
            .collect()
    }

    fn of(workload: Workload, lane: &Lane, now: Moment) -> Self {
        let pace = lane.allowance.pace();
        Self {
            workload,
            rate: pace.map(|pace| pace.rate()),
            estimate: None,
            phase: "",
            credit: pace.map(|pace| pace.credit_at(now)),
            batches_in_flight: lane.batches_in_flight,
            traffic: lane.traffic,
            paused_until: Some(lane.cooldown.until()).filter(|until| *until > now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        Answer, Body, Limits, Next, Operation, OperationId, Reply, Scheduler, Throttle, Turn,
    };
    use std::time::Duration;

    fn answer(status: u16, retry_after: Option<Duration>) -> Reply {
        Reply::Answer(Answer {
            status,
            retry_after,
            request_id: None,
            throttle: Throttle::default(),
            body: Body::Empty,
        })
    }

    #[test]
    fn each_workload_is_read_for_itself() {
        let limits = Limits {
            linger: Duration::ZERO,
            ..Limits::default()
        };
        let mut scheduler = Scheduler::new(limits, 7);
        let now = Moment::START;
        for id in 0..3 {
            let read = Operation::get(Workload::AuthenticationMethods, "/users/a", 1);
            scheduler.offer(OperationId(id), Turn::Opening, read, now);
        }
        let Next::Send(batch) = scheduler.next(now) else {
            panic!("nothing to send")
        };
        let sent = u64::try_from(batch.operations.len()).unwrap();
        assert!(sent >= 2);
        let traffic = |scheduler: &Scheduler| {
            scheduler
                .pace_readings(now)
                .iter()
                .map(|reading| (reading.workload, reading.batches_in_flight, reading.traffic))
                .collect::<Vec<_>>()
        };
        let quiet = (Workload::Directory, 0, Traffic::default());
        let under_way = Traffic {
            sent,
            ..Traffic::default()
        };
        let methods = Workload::AuthenticationMethods;
        assert_eq!(traffic(&scheduler), [quiet, (methods, 1, under_way)]);
        let throttled = answer(429, Some(Duration::from_secs(4)));
        let mut replies = vec![answer(200, None)];
        replies.resize(batch.operations.len(), throttled);
        scheduler.settle(batch.id, replies, now);
        let settled = Traffic {
            sent,
            delivered: 1,
            throttled: sent - 1,
        };
        assert_eq!(traffic(&scheduler), [quiet, (methods, 0, settled)]);
        let readings = scheduler.pace_readings(now);
        let paused = readings
            .iter()
            .map(|reading| reading.paused_until.is_some());
        assert_eq!(paused.collect::<Vec<_>>(), [false, true]);
    }
}
