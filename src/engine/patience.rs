//! How long a run goes on while nothing gets through.

use super::{Answer, Information, Limits, Moment, Reply, Throttle, Whose};

/// What was last heard of the service, and how long ago that was anything good.
#[derive(Clone, Debug, Default)]
pub(super) struct Patience {
    /// When something last got through, or when the first batch was sent.
    progress_at: Option<Moment>,
    /// Whether the service ever answered.
    heard: bool,
    /// What is in the way, since something last got through.
    trouble: Option<String>,
    /// Whether it has run out.
    given_up: bool,
}

impl Patience {
    /// Something was sent.
    pub(super) fn sent(&mut self, now: Moment) {
        self.progress_at.get_or_insert(now);
    }

    /// The service was heard, whatever it said.
    pub(super) fn heard(&mut self) {
        self.heard = true;
    }

    /// Something got through.
    pub(super) fn progress(&mut self, now: Moment) {
        self.progress_at = Some(now);
        self.trouble = None;
        self.given_up = false;
    }

    /// When something last got through.
    pub(super) fn progress_at(&self) -> Option<Moment> {
        self.progress_at
    }

    /// What is in the way, since something last got through.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Why the run is not worth going on with, if it is not.
    pub(super) fn given_up(&self) -> Option<String> {
        self.given_up
            .then(|| self.trouble.clone().unwrap_or_default())
    }

    /// Something was in the way. Decided here, at a reply, so that a pause that the service asked
    /// for is never the end: after it the service is asked once more.
    pub(super) fn lose(&mut self, trouble: &str, limits: &Limits, now: Moment) {
        let patience = if self.heard {
            limits.give_up_after
        } else {
            limits.first_contact_within
        };
        self.trouble = Some(trouble.to_owned());
        self.given_up |= self
            .progress_at
            .is_some_and(|since| now.since(since) >= patience);
    }
}

/// Whose limit is in the way, for people.
pub(super) fn throttling(said: Throttle) -> &'static str {
    if said.information == Some(Information::CpuLimitExceeded) {
        return "the service is throttling: it is busy, whoever asks";
    }
    match said.scope.map(|scope| scope.whose) {
        None => "the service is throttling",
        Some(Whose::TenantApplication) => {
            "the service is throttling: this application's limit in the tenant"
        }
        Some(Whose::Tenant) => {
            "the service is throttling: the limit of all applications in the tenant together"
        }
        Some(Whose::Application) => {
            "the service is throttling: this application's limit in all tenants together"
        }
    }
}

/// What is in the way, for people.
pub(super) fn trouble(reply: &Reply) -> String {
    let status = |answer: &Answer| format!("the service answered {}", answer.status);
    reply
        .answer()
        .map(status)
        .or_else(|| reply.lost())
        .unwrap_or_default()
}
