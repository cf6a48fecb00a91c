//! The last requests, as they came.

use std::collections::VecDeque;

use serde_json::json;

use super::{Answer, Delivery, Request};

/// The last HTTP requests to Graph with what was answered, for `/_simulator/log`.
///
/// Nothing is hidden: bodies hold passes and secrets of a made-up tenant.
#[derive(Debug, Default)]
pub(crate) struct Log(VecDeque<Entry>);

/// More are forgotten, the oldest first.
const MOST_ENTRIES: usize = 1_000;

/// Bytes of a body and characters of an address that are kept. A batch of twenty needs a tenth.
const MOST_KEPT: usize = 65_536;

#[derive(Default)]
struct Entry {
    method: String,
    url: String,
    body: Vec<u8>,
    status: u16,
    delivered: bool,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Entry");
        shown.field("status", &self.status).finish_non_exhaustive()
    }
}

impl Log {
    pub(crate) fn note(&mut self, request: &Request, answer: &Answer) {
        // The place of the oldest is used again, so that a full log costs a copy and no allocation.
        let mut entry = if self.0.len() == MOST_ENTRIES {
            self.0.pop_front().unwrap_or_default()
        } else {
            Entry::default()
        };
        entry.method.clone_from(&request.method);
        entry.url.clear();
        entry
            .url
            .extend(request.path_and_query.chars().take(MOST_KEPT));
        entry.body.clear();
        entry.body.extend(request.body.iter().take(MOST_KEPT));
        entry.status = answer.response.status;
        entry.delivered = matches!(answer.delivery, Delivery::Whole | Delivery::Drip { .. });
        self.0.push_back(entry);
    }

    /// The last `count` requests, the oldest first, one JSON object a line. `delivered` is false
    /// where a fault kept the answer from arriving whole.
    pub(crate) fn lines(&self, count: usize) -> String {
        let skipped = self.0.len().saturating_sub(count);
        let line = |entry: &Entry| {
            let line = json!({
                "method": entry.method,
                "url": entry.url,
                "body": String::from_utf8_lossy(&entry.body),
                "status": entry.status,
                "delivered": entry.delivered,
            });
            format!("{line}\n")
        };
        self.0.iter().skip(skipped).map(line).collect()
    }
}
