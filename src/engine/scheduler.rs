//! What to send, and when.

use super::crowding::Passage;
use super::lane::{Entry, Form, Lane, Shape};
use super::patience::{Patience, throttling, trouble};
use super::token::Token;
use super::{
    Allowance, Answer, Batch, BatchId, Bucket, Crowding, Decision, Limits, Moment, Operation,
    OperationId, PaceReading, Paced, Pushback, Quota, Reply, Statistics, Tries, Turn, Verdict,
    Workload, classify, is_concurrency_violation,
};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

/// What the driver must do next.
#[derive(Debug)]
pub enum Next {
    /// Send this.
    Send(Batch),
    /// Get a new token, then say [`Scheduler::token_renewed`].
    RenewToken,
    /// Nothing can be sent before this, unless a reply arrives first.
    WaitUntil(Moment),
    /// Nothing can happen before a reply arrives.
    WaitForReply,
    /// A new token was refused too.
    SignInRefused,
    /// The service does not take batches, for the reason in this answer.
    BatchesRefused(Answer),
    /// The service has let nothing through for too long; this is what it last said, or why it was
    /// not heard.
    GiveUp(String),
    /// There is nothing to do.
    Idle,
}

/// A reply that a conversation has to hear.
#[derive(Debug)]
pub struct Delivery {
    /// Whose.
    pub id: OperationId,
    /// What came back.
    pub reply: Reply,
    /// What the operation went through to get it.
    pub tries: Tries,
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct Settled {
    /// What has to be heard.
    pub deliveries: Vec<Delivery>,
    /// Writes that certainly did not run, and wait to be sent again.
    pub returned: Vec<OperationId>,
}

/// Decides what is sent and when. It never waits: it says until when to.
#[derive(Debug)]
pub struct Scheduler {
    limits: Limits,
    lanes: HashMap<Workload, Lane>,
    in_flight: HashMap<BatchId, Flight>,
    crowding: Crowding,
    chance: fastrand::Rng,
    batches: u64,
    token: Token,
    patience: Patience,
    /// The answer with which the service refused to take batches at all.
    refused: Option<Answer>,
    statistics: Statistics,
}

#[derive(Debug)]
struct Flight {
    trip: Trip,
    entries: Vec<Entry>,
}

/// How a batch was sent.
#[derive(Clone, Copy, Debug)]
struct Trip {
    workload: Workload,
    sent_at: Moment,
    /// The token it went with, by [`Token::generation`].
    token: u64,
}

impl Scheduler {
    /// A scheduler with nothing to do; `seed` is where its jitter comes from.
    pub fn new(limits: Limits, seed: u64) -> Self {
        let rate = limits.rate.map(Quota::a_second);
        let writes = (limits.pace)(Some(limits.directory_writes), limits.share);
        let units = limits.directory_units.part(limits.share);
        let directory = Allowance::new(writes, Paced::Writes)
            .with_units(Bucket::new(units))
            .with_reads((limits.pace)(Some(limits.directory_units), limits.share))
            .capped(rate.map(Bucket::new));
        let methods = Allowance::new((limits.pace)(None, limits.share), Paced::Requests)
            .capped(rate.map(Bucket::new));
        let lanes = HashMap::from([
            (Workload::Directory, Lane::new(directory)),
            (Workload::AuthenticationMethods, Lane::new(methods)),
        ]);
        Self {
            limits,
            lanes,
            in_flight: HashMap::new(),
            crowding: Crowding::default(),
            chance: fastrand::Rng::with_seed(seed),
            batches: 0,
            token: Token::default(),
            patience: Patience::default(),
            refused: None,
            statistics: Statistics::default(),
        }
    }

    /// Takes an operation in. One operation at a time per id.
    pub fn offer(&mut self, id: OperationId, turn: Turn, operation: Operation, now: Moment) {
        let not_before = now + operation.delay;
        let workload = operation.workload;
        self.queue(
            workload,
            Entry {
                id,
                turn,
                operation: operation.into(),
                tries: Tries::default(),
            },
            not_before,
            now,
        );
    }

    /// Says what to do now.
    pub fn next(&mut self, now: Moment) -> Next {
        if self.token.lets_nobody_in() {
            return Next::SignInRefused;
        }
        if let Some(answer) = &self.refused {
            return Next::BatchesRefused(answer.clone());
        }
        if let Some(why) = self.patience.given_up() {
            return Next::GiveUp(why);
        }
        if self.token.is_renewal_due() {
            return Next::RenewToken;
        }
        let shape = Shape {
            largest: self.limits.batch_size.clamp(1, Batch::LARGEST),
            in_flight: self.limits.concurrency.max(1),
            linger: self.limits.linger,
        };
        let mut earliest: Option<Moment> = None;
        for workload in Workload::ALL {
            let Some(lane) = self.lanes.get_mut(&workload) else {
                continue;
            };
            match lane.form(shape, &mut self.crowding, now) {
                Form::Send(entries) => {
                    lane.batches_in_flight += 1;
                    lane.traffic.sent += u64::try_from(entries.len()).unwrap_or_default();
                    return Next::Send(self.dispatch(workload, entries, now));
                }
                Form::Wait(until) => {
                    earliest = Some(earliest.map_or(until, |earliest| earliest.min(until)));
                }
                Form::Blocked | Form::Empty => {}
            }
        }
        match earliest {
            Some(until) => Next::WaitUntil(until),
            None if self.in_flight.is_empty() => Next::Idle,
            None => Next::WaitForReply,
        }
    }

    /// Takes in the replies to a batch, in the order of its operations; a reply too few counts as
    /// unknown.
    pub fn settle(&mut self, batch: BatchId, replies: Vec<Reply>, now: Moment) -> Settled {
        let Some(flight) = self.land(batch) else {
            return Settled::default();
        };
        let missing = std::iter::repeat_with(|| Reply::Unknown("no reply in the batch".to_owned()));
        let replies = replies.into_iter().chain(missing);
        let mut settled = Settled::default();
        let (mut failed_all, mut wrote, mut let_through) = (true, false, false);
        for (entry, reply) in flight.entries.into_iter().zip(replies) {
            let verdict = classify(entry.operation.effect, &reply);
            // Writers that met say nothing of the service.
            failed_all &= matches!(verdict, Verdict::Transient { .. } | Verdict::Unknown { .. })
                && !reply.answer().is_some_and(is_concurrency_violation);
            wrote |= entry.operation.writes();
            let_through |= matches!(verdict, Verdict::Success | Verdict::Refused);
            self.learn(flight.trip, &entry.operation, &reply, verdict, now);
            let target = entry.operation.target.as_deref();
            let lasted = now.since(flight.trip.sent_at);
            self.crowding
                .leave(target, Passage::of(&reply, verdict), lasted);
            self.decide(entry, reply, verdict, flight.trip, &mut settled, now);
        }
        if let_through && let Some(lane) = self.lanes.get_mut(&flight.trip.workload) {
            lane.took(wrote, now.since(flight.trip.sent_at));
        }
        if failed_all {
            let pushback = self.pushback(flight.trip, None);
            self.leave_alone(flight.trip.workload, &pushback, now);
        }
        settled
    }

    /// The service did not take a batch, and nothing of it ran.
    ///
    /// Where it minded what was in the batch, each operation is tried alone, so that one cannot
    /// hold up the others. Any other reason will be there for the next batch too.
    pub fn refuse(&mut self, batch: BatchId, answer: Answer, now: Moment) -> Settled {
        let minds_what_is_in_it = matches!(answer.status, 400 | 413);
        let alone = self
            .in_flight
            .get(&batch)
            .is_some_and(|flight| flight.entries.len() == 1);
        if minds_what_is_in_it && alone {
            return self.settle(batch, vec![Reply::Answer(answer)], now);
        }
        let flight = self.land(batch);
        let returned = flight
            .iter()
            .flat_map(|flight| &flight.entries)
            .filter(|entry| entry.returns())
            .map(|entry| entry.id)
            .collect();
        for mut entry in flight.into_iter().flat_map(|flight| flight.entries) {
            entry.tries.alone = true;
            let target = entry.operation.target.as_deref();
            self.crowding.leave(target, None, Duration::ZERO);
            self.queue(entry.operation.workload, entry, now, now);
        }
        if !minds_what_is_in_it {
            self.refused = Some(answer);
        }
        Settled {
            deliveries: Vec::new(),
            returned,
        }
    }

    /// A new token is there.
    pub fn token_renewed(&mut self) {
        self.token.renewed();
    }

    /// What went through so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// How fast each workload goes at present.
    pub fn pace_readings(&self, now: Moment) -> Vec<PaceReading> {
        PaceReading::of_each(&self.lanes, now)
    }

    /// Until when the service asked for a pause, if it did.
    pub fn paused_until(&self, now: Moment) -> Option<Moment> {
        self.lanes
            .values()
            .map(Lane::paused_until)
            .filter(|until| *until > now)
            .max()
    }

    /// What is in the way, since something last got through.
    pub fn trouble(&self) -> Option<&str> {
        self.patience.trouble()
    }

    /// Batches in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    fn land(&mut self, batch: BatchId) -> Option<Flight> {
        let flight = self.in_flight.remove(&batch)?;
        if let Some(lane) = self.lanes.get_mut(&flight.trip.workload) {
            lane.batches_in_flight = lane.batches_in_flight.saturating_sub(1);
        }
        Some(flight)
    }

    fn dispatch(&mut self, workload: Workload, mut entries: Vec<Entry>, now: Moment) -> Batch {
        self.batches += 1;
        let id = BatchId(self.batches);
        for entry in &mut entries {
            entry.tries.sent += 1;
        }
        self.statistics.batches += 1;
        self.statistics.requests += u64::try_from(entries.len()).unwrap_or_default();
        self.patience.sent(now);
        let operations = entries
            .iter()
            .map(|entry| (entry.id, Rc::clone(&entry.operation)))
            .collect();
        self.in_flight.insert(
            id,
            Flight {
                trip: Trip {
                    workload,
                    sent_at: now,
                    token: self.token.generation(),
                },
                entries,
            },
        );
        Batch {
            id,
            operations,
            priority: self.limits.priority,
        }
    }

    fn decide(
        &mut self,
        mut entry: Entry,
        reply: Reply,
        verdict: Verdict,
        trip: Trip,
        settled: &mut Settled,
        now: Moment,
    ) {
        let tries = &mut entry.tries;
        match verdict {
            Verdict::Unauthorized => {
                tries.unauthorized += u32::from(self.token.refused(trip.token));
            }
            Verdict::Transient { .. } => {
                tries.failures += 1;
                tries.failing_since.get_or_insert(now);
                tries.doubt |= entry.operation.writes() && reply.is_in_doubt();
            }
            _ => {}
        }
        let others_progress = self.patience.progress_at() > tries.failing_since;
        match self
            .limits
            .retry
            .decide(verdict, tries, others_progress, self.chance.f64())
        {
            Decision::Deliver => {
                let reply = if verdict != Verdict::Success && tries.doubt {
                    reply.after_doubt()
                } else {
                    reply
                };
                settled.deliveries.push(Delivery {
                    id: entry.id,
                    reply,
                    tries: entry.tries,
                });
            }
            Decision::Retry(delay) => {
                self.statistics.retried += u64::from(!matches!(verdict, Verdict::Throttled { .. }));
                settled.returned.extend(entry.returns().then_some(entry.id));
                self.queue(entry.operation.workload, entry, now + delay, now);
            }
        }
    }

    /// Lets the workload's pace and pause, the token and the patience learn from a reply.
    fn learn(
        &mut self,
        trip: Trip,
        operation: &Operation,
        reply: &Reply,
        verdict: Verdict,
        now: Moment,
    ) {
        if !matches!(reply, Reply::Unsent(_)) {
            self.patience.heard();
        }
        let pushback = self.pushback(trip, verdict.after());
        let Some(lane) = self.lanes.get_mut(&trip.workload) else {
            return;
        };
        let said = reply.answer().map(|answer| answer.throttle);
        let said = said.unwrap_or_default();
        lane.noted(operation.cost, said, now);
        match verdict {
            Verdict::Success | Verdict::Refused => {
                self.patience.progress(now);
                self.token.taken(trip.token);
                lane.delivered(operation.cost, trip.sent_at, now);
            }
            Verdict::Throttled { .. } => {
                self.statistics.throttled += 1;
                lane.throttled(operation.cost, said.scope, &pushback, now);
                self.patience.lose(throttling(said), &self.limits, now);
            }
            Verdict::Transient { after } | Verdict::Unknown { after } => {
                // Writers met, so the limits let them through.
                if reply.answer().is_some_and(is_concurrency_violation) {
                    lane.delivered(operation.cost, trip.sent_at, now);
                } else {
                    self.patience.lose(&trouble(reply), &self.limits, now);
                }
                // A server error may come with a wish too.
                if after.is_some() {
                    lane.cooldown.push_back(&pushback, now);
                }
            }
            Verdict::Unauthorized => {}
        }
    }

    /// The service is not asked again at once.
    fn leave_alone(&mut self, workload: Workload, pushback: &Pushback, now: Moment) {
        if let Some(lane) = self.lanes.get_mut(&workload) {
            lane.cooldown.push_back(pushback, now);
        }
    }

    fn pushback(&mut self, trip: Trip, asked: Option<Duration>) -> Pushback {
        Pushback {
            sent_at: trip.sent_at,
            asked,
            policy: self.limits.retry,
            chance: self.chance.f64(),
        }
    }

    fn queue(&mut self, workload: Workload, entry: Entry, not_before: Moment, now: Moment) {
        if let Some(lane) = self.lanes.get_mut(&workload) {
            lane.push(entry, not_before, now);
        }
    }
}

#[cfg(test)]
mod tests;
