//! The queue of one workload.

use super::{Allowance, Cooldown, Crowding, Moment, Operation, OperationId, Traffic, Tries, Turn};
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

/// An operation on its way, with what it has been through.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: OperationId,
    pub(super) turn: Turn,
    pub(super) operation: Operation,
    pub(super) tries: Tries,
}

impl Entry {
    fn continues(&self) -> bool {
        self.turn == Turn::Continuing || self.tries.sent > 0
    }

    /// Whether coming back means that nothing of it was ever done.
    pub(super) fn returns(&self) -> bool {
        self.operation.writes() && !self.tries.doubt
    }
}

/// Everything of one workload that waits to be sent.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) allowance: Allowance,
    pub(super) cooldown: Cooldown,
    pub(super) batches_in_flight: usize,
    pub(super) traffic: Traffic,
    /// What can go, in the order in which it goes.
    ready: VecDeque<Entry>,
    /// How many of these are not the first word of a conversation. They go before those that are:
    /// what a conversation has just seen must not grow old while others begin.
    continuing: usize,
    later: BinaryHeap<Reverse<Later>>,
    /// Paid for, and waiting for company or for a free slot.
    forming: Vec<Entry>,
    formed_since: Moment,
    arrivals: u64,
}

/// What a lane can do at the moment.
#[derive(Debug)]
pub(super) enum Form {
    /// These can go now.
    Send(Vec<Entry>),
    /// Nothing can go before this.
    Wait(Moment),
    /// Nothing can go before a reply arrives.
    Blocked,
    /// There is nothing to send.
    Empty,
}

/// How batches are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) largest: usize,
    pub(super) in_flight: usize,
    /// How long an operation that could go waits for company.
    pub(super) linger: Duration,
}

impl Lane {
    pub(super) fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            cooldown: Cooldown::default(),
            batches_in_flight: 0,
            traffic: Traffic::default(),
            ready: VecDeque::new(),
            continuing: 0,
            later: BinaryHeap::new(),
            forming: Vec::new(),
            formed_since: Moment::START,
            arrivals: 0,
        }
    }

    pub(super) fn push(&mut self, entry: Entry, not_before: Moment, now: Moment) {
        if not_before <= now {
            self.line_up(entry);
        } else {
            self.arrivals += 1;
            self.later.push(Reverse(Later {
                at: not_before,
                arrival: self.arrivals,
                entry,
            }));
        }
    }

    /// How many operations wait.
    pub(super) fn waiting(&self) -> usize {
        self.ready.len() + self.later.len() + self.forming.len()
    }

    /// After several pauses without success, one operation is enough to ask whether the service is
    /// back.
    fn shape_now(&self, shape: Shape) -> Shape {
        const PAUSES_BEFORE_PROBING: u32 = 3;
        if self.cooldown.in_a_row() < PAUSES_BEFORE_PROBING {
            return shape;
        }
        Shape {
            largest: 1,
            in_flight: 1,
            ..shape
        }
    }

    /// Says what can go now; `crowding` keeps writers to one object apart.
    pub(super) fn form(&mut self, shape: Shape, crowding: &mut Crowding, now: Moment) -> Form {
        self.wake(now);
        if self.waiting() == 0 {
            return Form::Empty;
        }
        if self.cooldown.holds(now) {
            return Form::Wait(self.cooldown.until());
        }
        let shape = self.shape_now(shape);
        let credit_at = self.fill(shape.largest, crowding, now);
        if self.batches_in_flight >= shape.in_flight {
            return Form::Blocked;
        }
        if self.forming.is_empty() {
            return match (credit_at, self.later.peek()) {
                (Some(credit_at), _) => Form::Wait(credit_at),
                (None, Some(Reverse(next))) => Form::Wait(next.at),
                (None, None) => Form::Blocked,
            };
        }
        // More company is worth waiting for only if it arrives soon.
        let deadline = self.formed_since + shape.linger;
        match credit_at {
            // `fill` names a time only where there is room for more.
            Some(credit_at) if credit_at <= deadline => Form::Wait(credit_at),
            _ => {
                let rest = self
                    .forming
                    .split_off(self.forming.len().min(shape.largest));
                Form::Send(std::mem::replace(&mut self.forming, rest))
            }
        }
    }

    /// Moves what can be afforded from the queue into the batch that is forming. Says when credit
    /// for the next one will be there, if credit is what stopped it.
    fn fill(&mut self, largest: usize, crowding: &mut Crowding, now: Moment) -> Option<Moment> {
        let mut next = 0;
        while self.forming.len() < largest && !self.forming.iter().any(|entry| entry.tries.alone) {
            let Some(entry) = self.ready.get(next) else {
                break;
            };
            if entry.tries.alone && !self.forming.is_empty() {
                break;
            }
            let target = entry.operation.target.as_deref();
            if !target.is_none_or(|target| crowding.has_room(target)) {
                next += 1;
                continue;
            }
            if let Err(later) = self.allowance.take(entry.operation.cost, now) {
                return Some(later);
            }
            if let Some(target) = target {
                crowding.enter(target);
            }
            if self.forming.is_empty() {
                self.formed_since = now;
            }
            self.continuing -= usize::from(next < self.continuing);
            self.forming.extend(self.ready.remove(next));
        }
        None
    }

    fn wake(&mut self, now: Moment) {
        while self
            .later
            .peek()
            .is_some_and(|Reverse(first)| first.at <= now)
        {
            if let Some(Reverse(first)) = self.later.pop() {
                self.line_up(first.entry);
            }
        }
    }

    fn line_up(&mut self, entry: Entry) {
        if entry.continues() {
            self.ready.insert(self.continuing, entry);
            self.continuing += 1;
        } else {
            self.ready.push_back(entry);
        }
    }
}

/// Ordered by time, then by arrival, so that equal times keep their order.
#[derive(Debug)]
struct Later {
    at: Moment,
    arrival: u64,
    entry: Entry,
}

impl Ord for Later {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.arrival).cmp(&(other.at, other.arrival))
    }
}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Later {}
