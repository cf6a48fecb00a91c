//! What a batch asks for, and whether it is well-formed.
//!
//! Read straight into what is needed, as this is where a simulator under load spends its time.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::{MOST_REQUESTS, Part, is_address};
use crate::simulator::protocol::arrival::header;
use crate::simulator::protocol::call::Payload;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::origin::is_absolute;
use crate::simulator::protocol::routing::Method;

#[derive(serde::Deserialize)]
struct Batch<'b> {
    #[serde(borrow)]
    requests: Vec<Item<'b>>,
}

/// One request as it is written; members that are not known are ignored, as SDKs send some of their
/// own.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'b> {
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    method: Cow<'b, str>,
    #[serde(borrow)]
    url: Cow<'b, str>,
    #[serde(default)]
    headers: Option<Headers>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    depends_on: Value,
}

struct Headers(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Headers;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut headers = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    headers.push((name, plain(value)));
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// The requests of a batch, in the order they are written.
pub(super) fn parts(body: &[u8]) -> Result<Vec<Part>, GraphError> {
    let batch: Batch<'_> = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            invalid_format()
        } else {
            GraphError::unreadable_payload()
        }
    })?;
    if batch.requests.is_empty() {
        return Err(invalid_format());
    }
    if batch.requests.len() > MOST_REQUESTS {
        return Err(
            GraphError::gateway("Number of requests inside batch exceeds the limit")
                .breaking("batch-size"),
        );
    }
    let mut parts: Vec<Part> = Vec::with_capacity(batch.requests.len());
    for item in batch.requests {
        let part = part(item, &parts)?;
        if place_of(&part.id, &parts).is_some() {
            return Err(GraphError::gateway(format!(
                "Request Id {} has to be unique in a batch.",
                part.id
            ))
            .breaking("batch-duplicate-id"));
        }
        parts.push(part);
    }
    Ok(parts)
}

/// Ids are compared without case (observed).
fn place_of(id: &str, parts: &[Part]) -> Option<usize> {
    parts
        .iter()
        .position(|part| part.id.eq_ignore_ascii_case(id))
}

fn part(item: Item<'_>, earlier: &[Part]) -> Result<Part, GraphError> {
    let id = id(item.id).ok_or_else(invalid_format)?;
    if item.method.is_empty() || item.url.is_empty() {
        return Err(invalid_format());
    }
    let target = target(&item.url)?;
    let headers = item.headers.map(|Headers(pairs)| pairs).unwrap_or_default();
    let payload = payload(item.body, &headers, Method::parse(&item.method)).ok_or_else(|| {
        GraphError::gateway(format!(
            "Write request id : {id} does not contain Content-Type header or body."
        ))
        .breaking("batch-write-without-body-or-type")
    })?;
    let depends_on = dependencies(item.depends_on, earlier).ok_or_else(|| {
        GraphError::gateway(format!("Invalid dependency for request Id {id}"))
            .breaking("batch-dependency")
    })?;
    Ok(Part {
        id,
        method: item.method.into_owned(),
        target,
        headers,
        payload,
        depends_on,
    })
}

/// Ids are strings; some clients send numbers and get on well with it (observed).
fn id(id: Value) -> Option<String> {
    match id {
        Value::String(id) if !id.is_empty() => Some(id),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// An address is relative, with or without its leading slash. That a batch inside a batch is
/// refused is documented, in which words is our reading.
fn target(url: &str) -> Result<String, GraphError> {
    if is_absolute(url) {
        return Err(invalid_format().breaking("batch-absolute-url"));
    }
    let relative = url.trim_start_matches('/');
    let relative = relative.split('#').next().unwrap_or(relative);
    if is_address(relative) {
        return Err(invalid_format().breaking("batch-in-batch"));
    }
    Ok(format!("/{relative}"))
}

/// `None` when a write lacks its body or a body lacks its type; observed to fail the whole batch.
fn payload(body: Option<Value>, headers: &[(String, String)], method: Method) -> Option<Payload> {
    match (body, header(headers, "content-type")) {
        (None, _) => (!method.carries_body()).then_some(Payload::Empty),
        (Some(_), None) => None,
        (Some(body), Some(kind)) if kind.to_ascii_lowercase().contains("json") => {
            Some(Payload::Json(body))
        }
        (Some(_), Some(_)) => Some(Payload::Text),
    }
}

/// `None` when a dependency is not an earlier request of the batch (observed: the order of the list
/// matters).
fn dependencies(ids: Value, earlier: &[Part]) -> Option<Vec<usize>> {
    match ids {
        Value::Null => Some(Vec::new()),
        Value::Array(ids) => ids
            .into_iter()
            .map(|parent| place_of(&id(parent)?, earlier))
            .collect(),
        _ => None,
    }
}

/// Observed for an empty list and for absolute addresses.
fn invalid_format() -> GraphError {
    GraphError::gateway("Invalid batch payload format.").breaking("batch-format")
}
