//! `POST /v1.0/$batch`: up to 20 requests in one (Graph: JSON batching).
//!
//! A malformed batch is refused whole, with 400. Otherwise the batch answers 200 whatever its parts
//! answer. Parts run in a shuffled order and their replies come in another, because Graph promises
//! neither; only `dependsOn` orders them.

use std::time::Duration;

use super::Simulator;
use super::protocol::arrival::Arrival;
use super::protocol::call::Payload;
use super::protocol::error::GraphError;
use super::protocol::literal::percent_decoded;
use super::protocol::origin::Origin;
use super::protocol::reply::Reply;

mod read;

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
    body: &[u8],
    origin: &Origin,
    arrival: &Arrival,
) -> Result<Replies, GraphError> {
    let mut waiting: Vec<(usize, Part)> = read::parts(body)?.into_iter().enumerate().collect();
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
