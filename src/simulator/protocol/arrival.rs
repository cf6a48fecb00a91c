//! When a request arrived, and what came with it.

use std::time::Duration;

use fastrand::Rng;
use time::OffsetDateTime;
use uuid::Uuid;

/// When a request arrived, and the ids that name it in headers and error bodies.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) now: OffsetDateTime,
    pub(crate) request_id: Uuid,
    /// The caller's `client-request-id`, if it sent one.
    pub(crate) client_request_id: Option<String>,
    /// Whether the caller asked for `ConsistencyLevel: eventual`.
    pub(crate) eventual: bool,
    pub(crate) priority: Priority,
    /// When the service works on it.
    pub(crate) work: Work,
}

/// When the service works on a request, counted from the arrival of the HTTP request it came with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) begins: Duration,
    pub(crate) ends: Duration,
}

/// The value of `x-ms-throttle-priority` (Graph: throttling).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Priority {
    Low,
    #[default]
    Normal,
    High,
}

impl Priority {
    fn of(headers: &[(String, String)]) -> Option<Self> {
        let text = header(headers, "x-ms-throttle-priority")?;
        Some(match text.to_ascii_lowercase().as_str() {
            "low" => Self::Low,
            "high" => Self::High,
            _ => Self::Normal,
        })
    }
}

impl Arrival {
    pub(crate) fn new(headers: &[(String, String)], rng: &mut Rng, now: OffsetDateTime) -> Self {
        Self {
            now,
            request_id: random_id(rng),
            client_request_id: header(headers, "client-request-id").map(str::to_owned),
            eventual: header(headers, "consistencylevel")
                .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
            priority: Priority::of(headers).unwrap_or_default(),
            work: Work::default(),
        }
    }

    /// The arrival of a request inside a batch; its own headers win over those of the batch.
    pub(crate) fn inner(&self, headers: &[(String, String)], work: Work, rng: &mut Rng) -> Self {
        let inner = Self::new(headers, rng, self.now);
        Self {
            client_request_id: inner
                .client_request_id
                .or_else(|| self.client_request_id.clone()),
            priority: Priority::of(headers).unwrap_or(self.priority),
            work,
            ..inner
        }
    }
}

/// A random (version 4) id from the seeded generator.
pub(crate) fn random_id(rng: &mut Rng) -> Uuid {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The first header of that name, whatever its case.
pub(crate) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}
