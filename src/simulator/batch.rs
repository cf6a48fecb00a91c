//! `POST /v1.0/$batch`: up to 20 requests in one (Graph: JSON batching).
//!
//! A malformed batch is refused whole, with 400. Otherwise the batch answers 200 whatever its parts
//! answer. Parts run in a shuffled order and their replies come in another, because Graph promises
//! neither; only `dependsOn` orders them.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Simulator;
use super::protocol::arrival::{Arrival, header};
use super::protocol::call::Payload;
use super::protocol::error::GraphError;
use super::protocol::literal::percent_decoded;
use super::protocol::origin::{Origin, is_absolute};
use super::protocol::reply::Reply;
use super::protocol::routing::Method;

/// Graph: JSON batching.
const MOST_REQUESTS: usize = 20;

/// One request of a batch.
#[derive(Debug)]
struct Part {
    id: String,
    method: String,
    /// Path and query below the version root, with a leading slash.
    target: String,
    headers: Vec<(String, String)>,
    payload: Payload,
    /// Places of earlier parts that must succeed first.
    depends_on: Vec<usize>,
}

/// Whether a target below the version root is that of a batch.
pub(super) fn is_address(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    percent_decoded(path)
        .trim_matches('/')
        .eq_ignore_ascii_case("$batch")
}

/// The replies of a batch in the order they go out, and how long the whole took.
#[derive(Debug)]
pub(super) struct Replies {
    pub(super) replies: Vec<String>,
    pub(super) took: Duration,
}

/// Carries out a batch.
pub(super) fn answer(
    simulator: &mut Simulator,
    payload: Payload,
    origin: &Origin,
    arrival: &Arrival,
) -> Result<Replies, GraphError> {
    let mut waiting: Vec<(usize, Part)> = read(payload)?.into_iter().enumerate().collect();
    simulator.rng.shuffle(&mut waiting);
    let mut workers = simulator.latency.workers();
    let mut done: [Option<Done>; MOST_REQUESTS] = [None; MOST_REQUESTS];
    let mut replies = Vec::with_capacity(waiting.len());
    let mut took = Duration::ZERO;
    // Parts depend on earlier ones only, so each round has at least one that can run.
    while !waiting.is_empty() {
        let mut blocked = Vec::new();
        for (place, part) in waiting {
            let Some(parents) = part.parents(&done) else {
                blocked.push((place, part));
                continue;
            };
            let takes = simulator.time_of_one();
            let work = workers.take(parents.ended, takes);
            let inner = arrival.inner(&part.headers, work, &mut simulator.rng);
            let reply = if parents.succeeded {
                simulator.one(&part.method, &part.target, part.payload, origin, &inner)
            } else {
                simulator.not_run(&part.method, &part.target)
            };
            let ended = simulator.deadline().min(work.ends);
            took = took.max(ended);
            if let Some(done) = done.get_mut(place) {
                *done = Some(Done {
                    succeeded: reply.succeeded(),
                    ended,
                });
            }
            replies.push(reply.into_inner(&part.id, &inner));
        }
        waiting = blocked;
    }
    simulator.rng.shuffle(&mut replies);
    Ok(Replies { replies, took })
}

impl From<Replies> for Reply {
    fn from(replies: Replies) -> Self {
        Self::written_json(format!("{{\"responses\":[{}]}}", replies.replies.join(",")))
    }
}

/// How a part ended.
#[derive(Debug, Clone, Copy)]
struct Done {
    succeeded: bool,
    ended: Duration,
}

impl Part {
    /// How all the parts ended that this one depends on; `None` while one of them has not.
    fn parents(&self, done: &[Option<Done>]) -> Option<Done> {
        let start = Done {
            succeeded: true,
            ended: Duration::ZERO,
        };
        self.depends_on.iter().try_fold(start, |all, parent| {
            let parent = (*done.get(*parent)?)?;
            Some(Done {
                succeeded: all.succeeded && parent.succeeded,
                ended: all.ended.max(parent.ended),
            })
        })
    }
}

fn read(payload: Payload) -> Result<Vec<Part>, GraphError> {
    let Payload::Json(Value::Object(mut batch)) = payload else {
        return Err(invalid_format());
    };
    let Some(Value::Array(items)) = batch.swap_remove("requests") else {
        return Err(invalid_format());
    };
    if items.is_empty() {
        return Err(invalid_format());
    }
    if items.len() > MOST_REQUESTS {
        return Err(
            GraphError::gateway("Number of requests inside batch exceeds the limit")
                .breaking("batch-size"),
        );
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut parts = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        let Value::Object(item) = item else {
            return Err(invalid_format());
        };
        let part = read_part(item, &places)?;
        if places.insert(part.id.to_ascii_lowercase(), place).is_some() {
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

/// Reads one request; members it does not know are ignored, as SDKs send some of their own.
fn read_part(
    mut item: Map<String, Value>,
    places: &HashMap<String, usize>,
) -> Result<Part, GraphError> {
    let body = item.swap_remove("body");
    let id = item
        .get("id")
        .and_then(read_id)
        .ok_or_else(invalid_format)?;
    let text = |name: &str| {
        item.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let method = text("method").ok_or_else(invalid_format)?.to_owned();
    let target = read_url(text("url").ok_or_else(invalid_format)?)?;
    let headers = read_headers(item.get("headers"))?;
    let payload = read_body(body, &headers, Method::parse(&method)).ok_or_else(|| {
        GraphError::gateway(format!(
            "Write request id : {id} does not contain Content-Type header or body."
        ))
        .breaking("batch-write-without-body-or-type")
    })?;
    let depends_on = read_dependencies(item.get("dependsOn"), places).ok_or_else(|| {
        GraphError::gateway(format!("Invalid dependency for request Id {id}"))
            .breaking("batch-dependency")
    })?;
    Ok(Part {
        id,
        method,
        target,
        headers,
        payload,
        depends_on,
    })
}

/// Ids are strings; some clients send numbers and get on well with it (observed).
fn read_id(id: &Value) -> Option<String> {
    match id {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// An address is relative, with or without its leading slash. That a batch inside a batch is
/// refused is documented, in which words is our reading.
fn read_url(url: &str) -> Result<String, GraphError> {
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

fn read_headers(headers: Option<&Value>) -> Result<Vec<(String, String)>, GraphError> {
    match headers {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(headers)) => Ok(headers
            .iter()
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect()),
        Some(_) => Err(invalid_format()),
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// `None` when a write lacks its body or a body lacks its type; observed to fail the whole batch.
fn read_body(body: Option<Value>, headers: &[(String, String)], method: Method) -> Option<Payload> {
    match (body, header(headers, "content-type")) {
        (None | Some(Value::Null), _) => (!method.carries_body()).then_some(Payload::Empty),
        (Some(_), None) => None,
        (Some(body), Some(kind)) if kind.to_ascii_lowercase().contains("json") => {
            Some(Payload::Json(body))
        }
        (Some(_), Some(_)) => Some(Payload::Text),
    }
}

/// `None` when a dependency is not an earlier request of the batch (observed: the order of the list
/// matters).
fn read_dependencies(ids: Option<&Value>, places: &HashMap<String, usize>) -> Option<Vec<usize>> {
    match ids {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(ids)) => ids
            .iter()
            .map(|id| places.get(&read_id(id)?.to_ascii_lowercase()).copied())
            .collect(),
        Some(_) => None,
    }
}

/// Observed for an empty list and for absolute addresses.
fn invalid_format() -> GraphError {
    GraphError::gateway("Invalid batch payload format.").breaking("batch-format")
}
