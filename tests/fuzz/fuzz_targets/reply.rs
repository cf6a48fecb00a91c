//! The reply to a batch, whatever came over the wire.

#![no_main]

use bulkgraph::engine::Reply;
use bulkgraph::wire::{BatchReply, HttpReply, decode};
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;

fuzz_target!(|input: (u16, Vec<(String, String)>, Vec<u8>, u8)| {
    let (status, headers, body, count) = input;
    let count = usize::from(count % 21);
    let reply = HttpReply {
        // The usual one is as likely as all others.
        status: if status % 2 == 0 { 200 } else { status },
        headers,
        body,
    };
    let _ = reply.date();
    match decode(count, &reply, datetime!(2026-11-20 09:00:00 UTC)) {
        BatchReply::Each(replies) => {
            assert_eq!(replies.len(), count, "as many replies as operations");
            for reply in replies {
                // What makes no sense is never taken for an answer.
                if let Reply::Answer(answer) = &reply {
                    assert!((100..600).contains(&answer.status));
                    let _ = (answer.error(), reply.lost(), reply.is_refusal());
                }
            }
        }
        BatchReply::Refused(answer) => {
            assert_eq!(answer.status, reply.status);
            assert!(!answer.is_success() && !answer.is_after_all_unknown());
        }
    }
});
