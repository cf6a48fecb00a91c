//! The queue of one workload.

use super::round_trip::RoundTrip;
use super::{
    Allowance, Cooldown, Cost, Counts, Crowding, Moment, Operation, OperationId, Pushback, Scope,
    Throttle, Traffic, Tries, Turn,
};
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

/// An operation on its way, with what it has been through.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: OperationId,
    pub(super) turn: Turn,
    pub(super) operation: Rc<Operation>,
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
    /// The pause of writes, where it is writes that the service refused.
    writes: Cooldown,
    /// How long batches of reads take, and those with a write.
    reading: RoundTrip,
    writing: RoundTrip,
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
            writes: Cooldown::default(),
            reading: RoundTrip::default(),
            writing: RoundTrip::default(),
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
    /// back. Where more at a time only take longer, fewer will do.
    fn shape_now(&self, shape: Shape) -> Shape {
        const PAUSES_BEFORE_PROBING: u32 = 3;
        if self.cooldown.in_a_row() >= PAUSES_BEFORE_PROBING {
            return Shape {
                largest: 1,
                in_flight: 1,
                ..shape
            };
        }
        Shape {
            in_flight: [self.reading, self.writing]
                .into_iter()
                .filter_map(|trips| trips.worth_in_flight(shape.in_flight))
                .max()
                .unwrap_or(shape.in_flight),
            ..shape
        }
    }

    /// A batch of which something got through, with a write or without one, took so long.
    pub(super) fn took(&mut self, wrote: bool, took: Duration) {
        let trips = if wrote {
            &mut self.writing
        } else {
            &mut self.reading
        };
        trips.took(took);
    }

    /// The service let an operation through.
    pub(super) fn delivered(&mut self, cost: Cost, sent_at: Moment, now: Moment) {
        self.cooldown.over();
        if cost.writes > 0 {
            self.writes.over();
        }
        self.traffic.delivered += 1;
        self.allowance.delivered(cost, sent_at, now);
    }

    /// The service refused an operation for being one too many, by the limit of that scope.
    pub(super) fn throttled(
        &mut self,
        cost: Cost,
        scope: Option<Scope>,
        pushback: &Pushback,
        now: Moment,
    ) {
        let of_writes = scope.is_some_and(|scope| scope.counts == Counts::Write);
        let cooldown = if of_writes && cost.writes > 0 {
            &mut self.writes
        } else {
            &mut self.cooldown
        };
        cooldown.push_back(pushback, now);
        self.traffic.throttled += 1;
        let until = cooldown.until();
        self.allowance
            .throttled(cost, of_writes, pushback.sent_at, until, now);
    }

    /// What the service said about its limits beside an answer to an operation of that cost.
    pub(super) fn noted(&mut self, cost: Cost, said: Throttle, now: Moment) {
        if let Some(units) = said.units {
            self.allowance.charged(cost, units);
        }
        if let Some(share) = said.percentage {
            self.allowance.nearing(cost, share, now);
        }
    }

    /// Until when the service wants to be left alone, by some or all operations.
    pub(super) fn paused_until(&self) -> Moment {
        self.cooldown.until().max(self.writes.until())
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
        if self.writes.holds(now) {
            self.take_writes_back(crowding);
        }
        let credit_at = self.fill(shape.largest, crowding, now);
        if self.batches_in_flight >= shape.in_flight {
            return Form::Blocked;
        }
        if self.forming.is_empty() {
            let later = self.later.peek().map(|Reverse(next)| next.at);
            let next = credit_at.into_iter().chain(later).min();
            return next.map_or(Form::Blocked, Form::Wait);
        }
        // More company is worth waiting for only if it arrives soon, and only for those of whom few
        // may go at a time.
        let is_paced = |entry: &Entry| self.allowance.paces(entry.operation.cost);
        let linger = if self.forming.iter().any(is_paced) {
            shape.linger
        } else {
            Duration::ZERO
        };
        let deadline = self.formed_since + linger;
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

    /// Moves what can be afforded from the queue into the batch that is forming. Says when the next
    /// one may follow, if credit or a pause of writes is what stopped it. Where what the pace counts
    /// has to wait, the rest does not, nor the other way round.
    fn fill(&mut self, largest: usize, crowding: &mut Crowding, now: Moment) -> Option<Moment> {
        let mut next = 0;
        let mut next_at: Option<Moment> = None;
        let (mut paced_at, mut others_at) = (None, None);
        if self.writes.holds(now) {
            paced_at = Some(self.writes.until());
        }
        while self.forming.len() < largest && !self.forming.iter().any(|entry| entry.tries.alone) {
            let Some(entry) = self.ready.get(next) else {
                break;
            };
            if entry.tries.alone && !self.forming.is_empty() {
                break;
            }
            let (cost, target) = (entry.operation.cost, entry.operation.target.as_deref());
            if !target.is_none_or(|target| crowding.has_room(target)) {
                next += 1;
                continue;
            }
            let stopped = if self.allowance.paces(cost) {
                &mut paced_at
            } else {
                &mut others_at
            };
            if stopped.is_none() {
                *stopped = self.allowance.take(cost, now).err();
            }
            if let Some(at) = *stopped {
                next_at = Some(next_at.map_or(at, |earlier| earlier.min(at)));
                next += 1;
                continue;
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
        next_at.filter(|_| self.forming.len() < largest)
    }

    /// Writes that were about to go wait again.
    fn take_writes_back(&mut self, crowding: &mut Crowding) {
        let is_write = |entry: &Entry| entry.operation.cost.writes > 0;
        let (writes, reads) = std::mem::take(&mut self.forming)
            .into_iter()
            .partition(is_write);
        self.forming = reads;
        let writes: Vec<Entry> = writes;
        for entry in writes.into_iter().rev() {
            crowding.leave(entry.operation.target.as_deref(), None, Duration::ZERO);
            let continues = entry.continues();
            self.ready.insert(self.continuing, entry);
            self.continuing += usize::from(continues);
        }
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
