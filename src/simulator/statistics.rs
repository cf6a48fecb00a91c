//! What the service saw.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::limits::{Charge, Limit, Wait};
use super::protocol::call::Call;
use super::protocol::reply::{Effect, Reply};
use super::protocol::routing::{Method, Route};
use super::{Answer, Delivery};

/// Counts over the life of the simulator.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    batches: u64,
    writes: u64,
    throttled: u64,
    /// Throttled although the caller had been told to wait for longer.
    too_early: u64,
    late_effects: u64,
    /// Writes after which everything was as before.
    idle_writes: u64,
    /// Passes that could have been used, seen by somebody or not, and work no more.
    usable_passes_replaced: u64,
    http: BTreeMap<u16, u64>,
    undelivered: u64,
    inner: BTreeMap<(&'static str, Method, u16), u64>,
    /// Requests that broke a rule of Graph, by rule.
    wrong: BTreeMap<&'static str, u64>,
    waits: BTreeMap<Limit, Waits>,
    /// Waits that stand in the answer that is being written.
    untold: Vec<(Limit, Wait)>,
    first_request_at: Option<OffsetDateTime>,
    last_request_at: Option<OffsetDateTime>,
}

/// Until when a caller should not ask again.
#[derive(Debug, Default)]
struct Waits {
    /// Told already.
    until: Option<OffsetDateTime>,
    /// On its way to the caller: when it is told, and until when.
    under_way: Vec<(OffsetDateTime, OffsetDateTime)>,
}

impl Waits {
    /// Whether a caller who asks `now` had been told to wait for longer.
    fn forbid(&mut self, now: OffsetDateTime) -> bool {
        let told = self
            .under_way
            .extract_if(.., |(told_at, _)| *told_at <= now);
        self.until = told.map(|(_, until)| until).chain(self.until).max();
        self.until.is_some_and(|until| now < until)
    }

    fn tell(&mut self, told_at: OffsetDateTime, until: OffsetDateTime) {
        match self.under_way.last_mut() {
            Some((at, latest)) if *at == told_at => *latest = until.max(*latest),
            _ => self.under_way.push((told_at, until)),
        }
    }
}

impl Statistics {
    /// An HTTP request was answered.
    pub(crate) fn answered_http(&mut self, now: OffsetDateTime, answer: &Answer) {
        self.first_request_at.get_or_insert(now);
        self.last_request_at = Some(now);
        *self.http.entry(answer.response.status).or_default() += 1;
        let whole = matches!(answer.delivery, Delivery::Whole | Delivery::Drip { .. });
        self.undelivered += u64::from(!whole);
        self.tell(now + answer.delay, whole);
    }

    /// The HTTP request was a batch.
    pub(crate) fn batch(&mut self) {
        self.batches += 1;
    }

    /// A limit refused a Graph request that arrived `now`; the answer will say for how long.
    pub(crate) fn throttled(&mut self, limit: Limit, now: OffsetDateTime, wait: Option<Wait>) {
        self.throttled += 1;
        let forbidden = self
            .waits
            .get_mut(&limit)
            .is_some_and(|waits| waits.forbid(now));
        self.too_early += u64::from(forbidden);
        self.untold.extend(wait.map(|wait| (limit, wait)));
    }

    /// The waits of an answer are on their way, if the answer is.
    fn tell(&mut self, told_at: OffsetDateTime, arrives: bool) {
        for (limit, wait) in self.untold.drain(..).filter(|_| arrives) {
            let until = match wait {
                Wait::For(wait) => told_at + wait,
                Wait::Until(until) => until,
            };
            self.waits.entry(limit).or_default().tell(told_at, until);
        }
    }

    /// A Graph request passed the limits. A write counts whether or not it turns out valid, as the
    /// service charges it either way.
    pub(crate) fn executed(&mut self, charge: Charge) {
        self.writes += u64::from(charge.is_write());
    }

    /// A request that was answered 504 took effect.
    pub(crate) fn late_effect(&mut self) {
        self.late_effects += 1;
    }

    /// A request was carried out, whatever the caller hears of it.
    pub(crate) fn carried_out(&mut self, call: &Call<'_>, reply: &Reply) {
        if !call.method.is_write() || call.route.only_reads() {
            return;
        }
        let deletes_member =
            call.method == Method::Delete && matches!(call.route, Route::Member { .. });
        if deletes_member && reply.succeeded() {
            *self
                .wrong
                .entry("object-deleted-instead-of-link")
                .or_default() += 1;
        }
        match reply.effect {
            Some(Effect::Changed) => {}
            Some(Effect::ReplacedUsablePass) => self.usable_passes_replaced += 1,
            Some(Effect::Nothing) => self.idle_writes += 1,
            None => self.idle_writes += u64::from(!reply.succeeded()),
        }
    }

    /// A Graph request was answered, alone or inside a batch.
    pub(crate) fn answered(&mut self, method: Method, pattern: &'static str, reply: &Reply) {
        *self
            .inner
            .entry((pattern, method, reply.status))
            .or_default() += 1;
        self.refused(reply);
    }

    /// Counts the rule that a refused request broke, if it is one.
    pub(crate) fn refused(&mut self, reply: &Reply) {
        if let Some(rule) = reply.broken_rule() {
            *self.wrong.entry(rule).or_default() += 1;
        }
    }

    /// The counts as the inspection shows them.
    pub(crate) fn to_json(&self, most_in_flight: usize, limits: &Value) -> Value {
        let inner: Vec<Value> = self
            .inner
            .iter()
            .map(|((path, method, status), count)| {
                json!({"method": method.as_str(), "path": path, "status": status, "count": count})
            })
            .collect();
        let http: Vec<Value> = self
            .http
            .iter()
            .map(|(status, count)| json!({"status": status, "count": count}))
            .collect();
        json!({
            "batches": self.batches,
            "http": http,
            "inner": inner,
            "writes": self.writes,
            "throttled": self.throttled,
            "throttled_before_retry_after": self.too_early,
            "writes_that_changed_nothing": self.idle_writes,
            "usable_passes_replaced": self.usable_passes_replaced,
            "wrong": self.wrong,
            "undelivered": self.undelivered,
            "late_effects": self.late_effects,
            "limits": limits,
            "max_in_flight": most_in_flight,
            "first_request_at": moment(self.first_request_at),
            "last_request_at": moment(self.last_request_at),
        })
    }
}

fn moment(at: Option<OffsetDateTime>) -> Option<String> {
    at.and_then(|at| at.format(&Rfc3339).ok())
}
