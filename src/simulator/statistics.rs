//! What the service saw.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::limits::Charge;
use super::protocol::arrival::Arrival;
use super::protocol::reply::Reply;
use super::protocol::routing::Method;
use super::protocol::workload::Workload;
use super::{Answer, Delivery};

/// `DELETE` of this address deletes the object; of the one with `/$ref`, its membership.
const MEMBER: &str = "/groups/{id}/members/{id}";

/// Counts over the life of the simulator.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    batches: u64,
    writes: u64,
    throttled: u64,
    /// Throttled although the caller had been told to wait for longer.
    too_early: u64,
    late_effects: u64,
    http: BTreeMap<u16, u64>,
    undelivered: u64,
    inner: BTreeMap<(&'static str, Method, u16), u64>,
    /// Requests that broke a rule of Graph, by rule.
    wrong: BTreeMap<&'static str, u64>,
    waits: Vec<Wait>,
    first_request_at: Option<OffsetDateTime>,
    last_request_at: Option<OffsetDateTime>,
}

/// A time in which a caller should not have asked.
#[derive(Debug)]
struct Wait {
    workload: Workload,
    told_at: OffsetDateTime,
    until: OffsetDateTime,
}

impl Statistics {
    /// An HTTP request was answered.
    pub(crate) fn answered_http(&mut self, now: OffsetDateTime, answer: &Answer) {
        self.first_request_at.get_or_insert(now);
        self.last_request_at = Some(now);
        *self.http.entry(answer.response.status).or_default() += 1;
        let whole = matches!(answer.delivery, Delivery::Whole | Delivery::Drip { .. });
        self.undelivered += u64::from(!whole);
    }

    /// The HTTP request was a batch.
    pub(crate) fn batch(&mut self) {
        self.batches += 1;
    }

    #[cfg(test)]
    pub(crate) fn batches(&self) -> u64 {
        self.batches
    }

    /// A limit refused a Graph request and told the caller to wait.
    pub(crate) fn throttled(&mut self, workload: Workload, arrival: &Arrival, wait: Duration) {
        let now = arrival.now;
        self.throttled += 1;
        self.waits.retain(|wait| wait.until > now);
        let early = |wait: &Wait| wait.workload == workload && wait.told_at <= now;
        self.too_early += u64::from(self.waits.iter().any(early));
        let told_at = now + arrival.work.ends;
        let until = told_at + wait;
        let known = self
            .waits
            .iter_mut()
            .find(|wait| wait.workload == workload && wait.told_at == told_at);
        match known {
            Some(known) => known.until = known.until.max(until),
            None => self.waits.push(Wait {
                workload,
                told_at,
                until,
            }),
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

    /// A Graph request was answered, alone or inside a batch.
    pub(crate) fn answered(&mut self, method: Method, pattern: &'static str, reply: &Reply) {
        *self
            .inner
            .entry((pattern, method, reply.status))
            .or_default() += 1;
        self.refused(reply);
        if method == Method::Delete && pattern == MEMBER && reply.succeeded() {
            *self
                .wrong
                .entry("object-deleted-instead-of-link")
                .or_default() += 1;
        }
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
