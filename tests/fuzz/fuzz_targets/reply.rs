//! The reply to a batch, whatever came over the wire. The files of `samples/wire` are inputs as they
//! are.

#![no_main]

use bulkgraph::engine::Reply;
use bulkgraph::wire::{BatchReply, HttpReply, decode};
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;

const STATUSES: [u16; 12] = [0, 100, 200, 204, 302, 400, 401, 404, 429, 500, 503, 599];
const HEADERS: [&str; 7] = [
    "Date",
    "Retry-After",
    "request-id",
    "x-ms-resource-unit",
    "x-ms-throttle-limit-percentage",
    "x-ms-throttle-scope",
    "x-ms-throttle-information",
];

/// A byte for the status, one for the number of requests, a line for all headers, and the body.
fn outer(bytes: &[u8]) -> (u16, usize, &[u8], &[u8]) {
    match bytes {
        [status, count, rest @ ..] if *status != b'{' => {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let (line, body) = rest.split_at(end.unwrap_or_default());
            let status = STATUSES[usize::from(*status) % STATUSES.len()];
            (status, usize::from(count % 21), line, body)
        }
        _ => (200, 3, b"", bytes),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let (status, count, line, body) = outer(bytes);
    let line = String::from_utf8_lossy(line);
    let reply = HttpReply {
        status,
        headers: HEADERS
            .map(|name| (name.to_owned(), line.to_string()))
            .into(),
        body: body.to_vec(),
    };
    let _ = reply.date();
    match decode(count, &reply, datetime!(2026-11-20 09:00:00 UTC)) {
        BatchReply::Each(replies) => {
            assert_eq!(replies.len(), count, "as many replies as operations");
            for reply in replies {
                if let Reply::Answer(answer) = &reply {
                    assert!((100..600).contains(&answer.status));
                    // Nobody knows what came of it, or it is an answer to go by.
                    assert_eq!(reply.lost().is_some(), answer.is_after_all_unknown());
                    let _ = answer.error();
                }
            }
        }
        BatchReply::Refused(answer) => {
            assert_eq!(answer.status, status);
            assert!(!answer.is_success() && !answer.is_after_all_unknown());
        }
    }
});
