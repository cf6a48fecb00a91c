//! One Graph request as the endpoints see it, and what arrived with it.

use fastrand::Rng;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::GraphError;
use super::odata::Query;
use super::origin::Origin;
use super::routing::{Method, Route};

/// A request to one address, alone or from a batch.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) route: Route,
    /// The query as it was written, without the question mark.
    pub(super) query: &'a str,
    pub(super) payload: Payload,
    pub(super) origin: &'a Origin,
    pub(super) arrival: &'a Arrival,
}

impl Call<'_> {
    pub(super) fn query(&self) -> Result<Query, GraphError> {
        Query::parse(self.query)
    }

    /// The body as an object, or Graph's complaint about its absence.
    pub(super) fn object(&self) -> Result<&Map<String, Value>, GraphError> {
        match &self.payload {
            Payload::Json(Value::Object(members)) => Ok(members),
            Payload::Empty => Err(GraphError::bad_request(self.route.workload(), END_OF_INPUT)),
            Payload::Json(_) | Payload::Text => Err(GraphError::unreadable_payload()),
        }
    }
}

/// Recorded for `POST members/$ref` without a body.
const END_OF_INPUT: &str = "An unexpected 'EndOfInput' node was found when reading from the JSON reader. \
                            A 'StartObject' node was expected.";

/// What came in the body of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Payload {
    /// No body.
    Empty,
    /// A JSON body.
    Json(Value),
    /// A body that is not JSON; no modelled address takes one.
    Text,
}

impl Payload {
    pub(super) fn from_bytes(
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Self, GraphError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::Empty);
        }
        if !header(headers, "content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
        {
            return Err(GraphError::unreadable_payload());
        }
        serde_json::from_slice(body)
            .map(Self::Json)
            .map_err(|_| GraphError::unreadable_payload())
    }
}

/// When a request arrived, and the ids that name it in headers and error bodies.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) now: OffsetDateTime,
    pub(super) request_id: Uuid,
    /// The caller's `client-request-id`, if it sent one.
    pub(super) client_request_id: Option<String>,
    /// Whether the caller asked for `ConsistencyLevel: eventual`.
    pub(super) eventual: bool,
}

impl Arrival {
    pub(super) fn new(headers: &[(String, String)], rng: &mut Rng, now: OffsetDateTime) -> Self {
        Self {
            now,
            request_id: random_id(rng),
            client_request_id: header(headers, "client-request-id").map(str::to_owned),
            eventual: header(headers, "consistencylevel")
                .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        }
    }

    /// The arrival of a request inside a batch; its own headers win over those of the batch.
    pub(super) fn inner(&self, headers: &[(String, String)], rng: &mut Rng) -> Self {
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
pub(super) fn random_id(rng: &mut Rng) -> Uuid {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The first header of that name, whatever its case.
pub(super) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Decodes `%xx`; bytes that are not UTF-8 become replacement characters, which match nothing.
pub(super) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Accepts any bearer token, but not its absence.
pub(super) fn require_bearer(headers: &[(String, String)]) -> Result<(), GraphError> {
    let token = header(headers, "authorization").and_then(|value| value.split_once(' '));
    match token {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() =>
        {
            Ok(())
        }
        _ => Err(GraphError::token_empty()),
    }
}
