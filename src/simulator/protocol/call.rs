//! One Graph request as the endpoints see it.

use serde_json::{Map, Value};

use super::arrival::{Arrival, header};
use super::error::GraphError;
use super::odata::Query;
use super::origin::Origin;
use super::routing::{Method, Route};

/// A request to one address, alone or from a batch.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) route: Route,
    /// The query as it was written, without the question mark.
    pub(crate) query: &'a str,
    pub(crate) payload: Payload,
    pub(crate) origin: &'a Origin,
    pub(crate) arrival: &'a Arrival,
}

impl Call<'_> {
    /// The query options that every address takes.
    pub(crate) fn query(&self) -> Result<Query, GraphError> {
        self.options()?.plain()
    }

    /// All query options; whoever asks deals with those that few addresses take.
    pub(crate) fn options(&self) -> Result<Query, GraphError> {
        Query::parse(self.query)
    }

    /// Whether the caller sent both `ConsistencyLevel: eventual` and `$count=true` (Graph: advanced
    /// queries).
    pub(crate) fn is_advanced(&self, query: &Query) -> bool {
        self.arrival.eventual && query.count
    }

    /// The body as an object, or Graph's complaint about its absence.
    pub(crate) fn object(&self) -> Result<&Map<String, Value>, GraphError> {
        match &self.payload {
            Payload::Json(Value::Object(members)) => Ok(members),
            Payload::Empty => Err(
                GraphError::bad_request(self.route.refused_by(), END_OF_INPUT)
                    .breaking("missing-body"),
            ),
            Payload::Json(_) | Payload::Text => Err(GraphError::unreadable_payload()),
        }
    }
}

/// Recorded for `POST members/$ref` without a body.
const END_OF_INPUT: &str = "An unexpected 'EndOfInput' node was found when reading from the JSON reader. \
                            A 'StartObject' node was expected.";

/// What came in the body of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Payload {
    /// No body.
    Empty,
    /// A JSON body.
    Json(Value),
    /// A body that is not JSON; no modelled address takes one.
    Text,
}

impl Payload {
    /// Reads the body of a request that stands alone.
    pub(crate) fn from_bytes(
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Self, GraphError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::Empty);
        }
        require_json(headers)?;
        serde_json::from_slice(body)
            .map(Self::Json)
            .map_err(|_| GraphError::unreadable_payload())
    }
}

/// Refuses a body whose type is not said to be JSON.
pub(crate) fn require_json(headers: &[(String, String)]) -> Result<(), GraphError> {
    let is_json = header(headers, "content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    is_json
        .then_some(())
        .ok_or_else(GraphError::unreadable_payload)
}
