//! When a request arrived, and what came with it.

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
}

impl Arrival {
    pub(crate) fn new(headers: &[(String, String)], rng: &mut Rng, now: OffsetDateTime) -> Self {
        Self {
            now,
            request_id: random_id(rng),
            client_request_id: header(headers, "client-request-id").map(str::to_owned),
            eventual: header(headers, "consistencylevel")
                .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        }
    }

    /// The arrival of a request inside a batch; its own headers win over those of the batch.
    pub(crate) fn inner(&self, headers: &[(String, String)], rng: &mut Rng) -> Self {
        let inner = Self::new(headers, rng, self.now);
        let client_request_id = inner
            .client_request_id
            .or_else(|| self.client_request_id.clone());
        Self {
            client_request_id,
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
