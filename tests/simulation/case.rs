//! One life of a run, made up from a seed: job, tenant, trouble, and when the program dies.

use crate::disk::Tear;
use crate::service::Crash;
use bulkgraph::engine::Limits;
use bulkgraph::simulator::Scenario;
use bulkgraph::simulator::scenario::{ExistingPass, Outage, PassOutsidePolicy, RetryAfterForm};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// What is decided by the seed before anything happens.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) job: &'static str,
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) bad_rows: bool,
    pub(crate) skip_refused: bool,
    pub(crate) scenario: Scenario,
    /// The chance that something befalls a batch on its way.
    pub(crate) trouble: f64,
    /// Processes that die before one is left in peace.
    pub(crate) crashes: u32,
    /// Processes that the user stops.
    pub(crate) stops: u32,
    /// Processes that are told after how much to end.
    pub(crate) limited: u32,
}

impl Case {
    pub(crate) fn of(rng: &mut Rng) -> Self {
        let job = rng.choice(["phone", "tap", "copy-members"]).unwrap();
        let bad_rows = rng.u8(..3) == 0;
        let calm = rng.u8(..5) == 0;
        Self {
            job,
            options: options(job, rng),
            bad_rows,
            skip_refused: bad_rows && rng.u8(..8) > 0,
            scenario: scenario(calm, rng),
            trouble: if calm {
                0.0
            } else {
                rng.choice([0.0, 0.05, 0.15, 0.3]).unwrap()
            },
            crashes: rng.choice([0, 1, 3, 5, 8]).unwrap(),
            stops: rng.choice([0, 0, 0, 1, 2]).unwrap(),
            limited: rng.choice([0, 0, 0, 2]).unwrap(),
        }
    }

    pub(crate) fn replaces(&self) -> bool {
        self.options
            .get("on-existing")
            .is_some_and(|what| what == "replace")
    }
}

fn options(job: &str, rng: &mut Rng) -> BTreeMap<String, String> {
    let choices: &[&str] = match job {
        "phone" => &["", "update", "keep", "fail"],
        "tap" => &["", "keep", "replace", "fail"],
        _ => &[""],
    };
    let mut options = BTreeMap::new();
    let what = *rng.choice(choices).unwrap();
    if !what.is_empty() {
        options.insert("on-existing".to_owned(), what.to_owned());
    }
    if job == "tap" && rng.bool() {
        options.insert("lifetime".to_owned(), "120".to_owned());
    }
    if job == "tap" && rng.u8(..4) == 0 {
        options.insert("usable-once".to_owned(), String::new());
    }
    options
}

fn scenario(calm: bool, rng: &mut Rng) -> Scenario {
    let mut scenario = Scenario::default().opened();
    scenario.chance = Some(rng.u64(..1 << 40));
    scenario.tenant.users = 150;
    scenario.tenant.groups = 60;
    let service = &mut scenario.service;
    service.latency_ms = rng.u32(1..300);
    service.jitter_ms = rng.u32(0..400);
    service.load_ms = rng.choice([0, 0, 20]).unwrap();
    service.inner_parallel = rng.choice([4, 20]).unwrap();
    service.concurrency_violations = rng.choice([0.0, 0.25, 1.0]).unwrap();
    if rng.u8(..4) == 0 {
        scenario.tenant.fresh_users = 10;
        service.replication_ms = rng.u32(0..120_000);
    }
    if rng.u8(..4) == 0 {
        service.foreign_error_bodies = 0.5;
    }
    let some = |number: u32| NonZeroU32::new(number).unwrap();
    if rng.bool() {
        scenario.limits.authentication_methods.requests = some(rng.u32(2..20));
        scenario.limits.directory.units = Some(some(rng.u32(40..400)));
    }
    scenario.limits.retry_after = rng
        .choice([
            RetryAfterForm::Seconds,
            RetryAfterForm::Decimal,
            RetryAfterForm::Date,
            RetryAfterForm::One,
            RetryAfterForm::Missing,
        ])
        .unwrap();
    let readings = &mut scenario.authentication_methods;
    readings.phone_create_status = rng.choice([201, 200]).unwrap();
    readings.phone_update_status = rng.choice([204, 200]).unwrap();
    readings.second_phone_status = rng.choice([400, 409]).unwrap();
    if rng.u8(..5) == 0 {
        readings.existing_pass = ExistingPass::Refused;
    }
    if rng.u8(..3) == 0 {
        readings.pass_outside_policy = PassOutsidePolicy::Unusable;
    }
    if !calm && rng.bool() {
        faults(&mut scenario, rng);
    }
    scenario
}

/// What the service does wrong by itself.
fn faults(scenario: &mut Scenario, rng: &mut Rng) {
    let most = rng.choice([0.01, 0.03, 0.08]).unwrap();
    let faults = &mut scenario.faults;
    for share in [
        &mut faults.server_errors,
        &mut faults.server_errors_after,
        &mut faults.gateway_errors,
        &mut faults.gateway_errors_after,
        &mut faults.resets,
        &mut faults.resets_after,
        &mut faults.cut_bodies,
        &mut faults.corrupted_bodies,
        &mut faults.missing_replies,
        &mut faults.doubled_replies,
        &mut faults.drips,
    ] {
        *share = rng.f64() * most;
    }
    if rng.bool() {
        // A write that was answered 504 takes effect at most 30 s after it was sent, the longest
        // way and the longest wait for its turn within the batch included.
        scenario.service.inner_parallel = 20;
        scenario.service.batch_seconds = 12.0;
        scenario.service.late_effects = 0.7;
        faults.slow = rng.f64() * most * 2.0;
        faults.slow_seconds = 20.0;
    }
    if rng.u8(..4) == 0 {
        faults.outages.push(Outage {
            at_seconds: rng.f64() * 20.0,
            seconds: rng.f64() * 200.0,
            status: rng.choice([0, 500, 503]).unwrap(),
        });
    }
}

/// How a process uses the service; may differ from process to process.
pub(crate) fn limits(rng: &mut Rng) -> Limits {
    Limits {
        batch_size: rng.choice([1, 3, 20, 20]).unwrap(),
        concurrency: rng.choice([1, 2, 8]).unwrap(),
        linger: Duration::from_millis(rng.choice([0, 250]).unwrap()),
        give_up_after: Duration::from_mins(rng.choice([1, 5, 15]).unwrap()),
        ..Limits::default()
    }
}

pub(crate) fn crash(rng: &mut Rng) -> Crash {
    let early = rng.choice([4, 12, 40, 120]).unwrap();
    match rng.u8(..10) {
        0..5 => Crash::AtEvent(rng.u32(1..=early)),
        5..8 => Crash::AtCommit(rng.u32(1..=early), rng.choice(Tear::ALL).unwrap()),
        8 => Crash::AtToken,
        _ => Crash::After(Duration::from_secs_f64(rng.f64() * f64::from(early))),
    }
}

/// Time between two processes.
pub(crate) fn pause(rng: &mut Rng) -> Duration {
    let most = rng.choice([0.0, 0.0, 3.0, 60.0, 600.0]).unwrap();
    Duration::from_secs_f64(rng.f64() * most)
}
