//! How much the service lets through.
//!
//! Every request is charged on its own, inside a batch as well as outside (Graph: throttling). The
//! directory counts resource units and writes, for the application in the tenant, for the tenant and
//! for the application; the authentication methods count requests. Each such [`Quota`] is a bucket
//! that refills steadily: documented for the directory, our reading for the rest. The limit of
//! 130,000 requests in 10 seconds of one application in all tenants is left out: one client on one
//! machine does not get there.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::protocol::arrival::{Arrival, Priority};
use super::protocol::error::GraphError;
use super::protocol::reply::Reply;
use super::protocol::workload::Workload;
use super::scenario::{RetryAfterForm, Scenario};

mod bucket;
mod capacity;
mod cost;

pub(crate) use cost::Charge;

use bucket::Bucket;
use capacity::Capacity;

/// All limits, and how a refusal is worded.
#[derive(Debug)]
pub(crate) struct Limits {
    /// What all applications use up together.
    shared: Vec<Quota>,
    /// What each application begins with.
    untouched: Vec<Quota>,
    /// What is left to each application that has come, of the few that the scenario knows.
    applications: BTreeMap<Uuid, Vec<Quota>>,
    capacity: Capacity,
    form: RetryAfterForm,
    throttled_tries_count: bool,
}

/// One limit.
#[derive(Debug, Clone)]
struct Quota {
    workload: Workload,
    scope: Scope,
    counts: Counts,
    window: Duration,
    bucket: Bucket,
}

/// Whose requests a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    TenantApplication,
    Tenant,
    Application,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::TenantApplication => "Tenant_Application",
            Self::Tenant => "Tenant",
            Self::Application => "Application",
        }
    }
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Counts {
    ResourceUnits,
    Writes,
    Requests,
}

impl Counts {
    fn as_str(self) -> &'static str {
        match self {
            Self::ResourceUnits => "resource units",
            Self::Writes => "writes",
            Self::Requests => "requests",
        }
    }

    /// The middle of `x-ms-throttle-scope`.
    fn kind(self) -> &'static str {
        match self {
            Self::ResourceUnits | Self::Requests => "ReadWrite",
            Self::Writes => "Write",
        }
    }

    /// The value of `x-ms-throttle-information`.
    fn reason(self) -> &'static str {
        match self {
            Self::ResourceUnits | Self::Requests => "ResourceUnitLimitExceeded",
            Self::Writes => "WriteLimitExceeded",
        }
    }
}

impl Quota {
    fn new(
        workload: Workload,
        (scope, counts): (Scope, Counts),
        depth: u32,
        (tokens, seconds): (u32, u32),
    ) -> Self {
        Self {
            workload,
            scope,
            counts,
            window: Duration::from_secs(seconds.into()),
            bucket: Bucket::new(depth, f64::from(tokens) / f64::from(seconds)),
        }
    }

    fn tokens(&self, charge: Charge) -> u32 {
        match self.counts {
            Counts::ResourceUnits => charge.units(),
            Counts::Writes => u32::from(charge.is_write()),
            Counts::Requests => 1,
        }
    }
}

/// What of a bucket is kept from requests of low priority, so that they are throttled first (Graph:
/// throttling); how much is our reading.
const LOW_PRIORITY_RESERVE: f64 = 0.2;

/// `x-ms-throttle-limit-percentage` is there above this share, and never above the other (Graph:
/// throttling limits).
const SHOWN_ABOVE: f64 = 0.8;
const SHOWN_AT_MOST: f64 = 1.8;

impl Limits {
    /// The limits of a scenario.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        use Counts::{Requests, ResourceUnits, Writes};
        use Scope::{Application, Tenant, TenantApplication};
        let directory = &scenario.limits.directory;
        let methods = &scenario.limits.authentication_methods;
        let units = directory.units_for(scenario.tenant.users);
        let of_directory = |scope, counts, tokens: u32, seconds| {
            Quota::new(
                Workload::Directory,
                (scope, counts),
                tokens,
                (tokens, seconds),
            )
        };
        Self {
            shared: vec![of_directory(
                Tenant,
                Writes,
                directory.tenant_writes.get(),
                300,
            )],
            untouched: vec![
                of_directory(TenantApplication, ResourceUnits, units, 10),
                of_directory(TenantApplication, Writes, directory.writes.get(), 150),
                of_directory(
                    Application,
                    ResourceUnits,
                    directory.application_units.get(),
                    20,
                ),
                of_directory(Application, Writes, directory.application_writes.get(), 300),
                Quota::new(
                    Workload::AuthenticationMethods,
                    (TenantApplication, Requests),
                    methods.burst.unwrap_or(methods.requests).get(),
                    (methods.requests.get(), methods.per_seconds.get()),
                ),
            ],
            applications: BTreeMap::new(),
            capacity: Capacity::new(&scenario.faults),
            form: scenario.limits.retry_after,
            throttled_tries_count: scenario.limits.throttled_tries_count,
        }
    }

    /// Takes the cost of a request from all buckets it concerns, or refuses it.
    pub(crate) fn charge(&mut self, charge: Charge, arrival: &Arrival) -> Charged {
        self.pass_to(arrival.now);
        let share = self.capacity.share();
        let reserve = match arrival.priority {
            Priority::Low => LOW_PRIORITY_RESERVE,
            Priority::Normal | Priority::High => 0.0,
        };
        let own = self
            .applications
            .entry(arrival.caller.application)
            .or_insert_with(|| self.untouched.clone());
        let concerned = |quota: &&mut Quota| quota.workload == charge.workload();
        let mut refusal: Option<Throttled> = None;
        let mut demand: f64 = 0.0;
        for quota in own.iter_mut().chain(&mut self.shared).filter(concerned) {
            let tokens = quota.tokens(charge);
            quota.bucket.ask(tokens);
            demand = demand.max(quota.bucket.demand_share(quota.window) / share);
            let Some(retry_after) = quota.bucket.wait(tokens, reserve, share) else {
                continue;
            };
            if refusal
                .as_ref()
                .is_none_or(|refusal| refusal.retry_after < retry_after)
            {
                refusal = Some(Throttled {
                    retry_after,
                    window: quota.window,
                    limit: Limit(arrival.caller.application, quota.scope, quota.counts),
                });
            }
        }
        for quota in own.iter_mut().chain(&mut self.shared).filter(concerned) {
            let tokens = quota.tokens(charge);
            match &mut refusal {
                None => quota.bucket.take(tokens),
                Some(refusal) if self.throttled_tries_count => {
                    quota.bucket.waste(tokens);
                    let wait = quota.bucket.wait(tokens, reserve, share);
                    refusal.retry_after = refusal.retry_after.max(wait.unwrap_or_default());
                }
                Some(_) => {}
            }
        }
        Charged {
            refusal,
            demand: (charge.workload() == Workload::Directory && demand > SHOWN_ABOVE)
                .then(|| demand.min(SHOWN_AT_MOST)),
        }
    }

    /// The form of `Retry-After`, and what a caller is told with it.
    pub(crate) fn retry_after(
        &self,
        throttled: &Throttled,
        now: OffsetDateTime,
    ) -> (Option<String>, Option<Wait>) {
        let wait = throttled.retry_after;
        let whole = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        let told = |text: String, wait: Wait| (Some(text), Some(wait));
        match self.form {
            RetryAfterForm::Seconds => told(whole.as_secs().to_string(), Wait::For(whole)),
            RetryAfterForm::Decimal => {
                let ms = wait.as_millis() + 1;
                let text = format!("{}.{:03}", ms / 1000, ms % 1000);
                told(text, Wait::For(wait))
            }
            RetryAfterForm::Date => {
                // The date has whole seconds, and the present one has begun already.
                let at = now + whole + Duration::from_secs(1);
                let at = at.replace_nanosecond(0).unwrap_or(at);
                told(httpdate::fmt_http_date(at.into()), Wait::Until(at))
            }
            RetryAfterForm::One => told("1".to_owned(), Wait::For(Duration::from_secs(1))),
            RetryAfterForm::Window => {
                let window = throttled.window;
                told(window.as_secs().to_string(), Wait::For(window))
            }
            RetryAfterForm::Missing => (None, None),
        }
    }

    /// What was used of each limit, and what it would have let through since the first request.
    pub(crate) fn usage(&mut self, now: OffsetDateTime) -> Value {
        self.pass_to(now);
        let quota = |application: Option<Uuid>, quota: &Quota| {
            let (used, allowed) = quota.bucket.usage();
            json!({
                "application": application,
                "workload": quota.workload.as_str(),
                "scope": quota.scope.as_str(),
                "counts": quota.counts.as_str(),
                "used": used.round(),
                "allowed": allowed.round(),
            })
        };
        let own = self.applications.iter().flat_map(|(application, quotas)| {
            quotas.iter().map(|of| quota(Some(*application), of))
        });
        own.chain(self.shared.iter().map(|of| quota(None, of)))
            .collect()
    }

    /// The first request comes.
    pub(crate) fn begin(&mut self, now: OffsetDateTime) {
        self.capacity.begin(now);
    }

    fn pass_to(&mut self, now: OffsetDateTime) {
        let (elapsed, effective) = self.capacity.pass_to(now);
        if elapsed > Duration::ZERO {
            for quota in self
                .applications
                .values_mut()
                .flatten()
                .chain(&mut self.shared)
            {
                quota.bucket.pass(elapsed, effective, quota.window);
            }
        }
    }
}

/// How long a caller is told to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// From when it is told.
    For(Duration),
    Until(OffsetDateTime),
}

/// Which limit refused: whose it is, whom it counts together, and what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Limit(Uuid, Scope, Counts);

/// What the limits say to a request.
#[derive(Debug)]
pub(crate) struct Charged {
    /// Why it is refused, if it is.
    pub(crate) refusal: Option<Throttled>,
    /// What was asked of the directory lately, as a share of its tightest limit; only when that is
    /// worth a header.
    demand: Option<f64>,
}

impl Charged {
    /// Adds the headers that tell how near the limit is (Graph: throttling limits).
    pub(crate) fn with_headers(&self, reply: Reply, charge: Charge) -> Reply {
        let reply = match charge.resource_unit_header() {
            Some(units) => reply.with_header("x-ms-resource-unit", units),
            None => reply,
        };
        match self.demand {
            Some(share) => {
                reply.with_header("x-ms-throttle-limit-percentage", format!("{share:.2}"))
            }
            None => reply,
        }
    }
}

/// The service says no for now.
#[derive(Debug, Clone)]
pub(crate) struct Throttled {
    /// When the same request would pass if nothing else came in between; never zero.
    retry_after: Duration,
    window: Duration,
    pub(crate) limit: Limit,
}

impl Throttled {
    /// The refusal. Only the directory says whose limit it was (Graph: throttling limits).
    pub(crate) fn reply(&self, retry_after: Option<String>, whose: &Whose<'_>) -> Reply {
        let mut reply = Reply::from(GraphError::too_many_requests());
        if let Some(retry_after) = retry_after {
            reply = reply.with_header("Retry-After", retry_after);
        }
        let Limit(_, scope, counts) = self.limit;
        if counts == Counts::Requests {
            return reply;
        }
        let scope = format!(
            "{}/{}/{}/{}",
            scope.as_str(),
            counts.kind(),
            whose.application,
            whose.tenant
        );
        reply
            .with_header("x-ms-throttle-scope", scope)
            .with_header("x-ms-throttle-information", counts.reason().to_owned())
    }
}

/// Who is throttled, as `x-ms-throttle-scope` names them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    pub(crate) application: &'a str,
    pub(crate) tenant: &'a str,
}
