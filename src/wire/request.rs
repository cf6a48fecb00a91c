//! A batch as the body of a POST to `$batch`.

use crate::engine::{Batch, Operation, Priority};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Requests<'a> {
    requests: Vec<Request<'a>>,
}

#[derive(Serialize)]
struct Request<'a> {
    /// Ids are compared without case and must be unique, so they are counted.
    id: String,
    method: &'static str,
    url: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Value>,
}

/// The id of the operation at `place` in a batch.
pub(super) fn id_at(place: usize) -> String {
    place.to_string()
}

/// Writes a batch. The replies are read with [`super::decode`], in the order of its operations.
pub fn encode(batch: &Batch) -> Vec<u8> {
    let requests = batch
        .operations
        .iter()
        .enumerate()
        .map(|(place, (_, operation))| request(place, operation, batch.priority));
    // A structure of strings and JSON values always serialises.
    serde_json::to_vec(&Requests {
        requests: requests.collect(),
    })
    .unwrap_or_default()
}

fn request(place: usize, operation: &Operation, priority: Option<Priority>) -> Request<'_> {
    let mut headers: BTreeMap<_, _> = operation.headers.iter().copied().collect();
    if operation.body.is_some() {
        headers.insert("Content-Type", "application/json");
    }
    if let Some(priority) = priority {
        headers.insert("x-ms-throttle-priority", priority.as_str());
    }
    Request {
        id: id_at(place),
        method: operation.method.as_str(),
        url: &operation.path,
        headers,
        body: operation.body.as_ref(),
    }
}
