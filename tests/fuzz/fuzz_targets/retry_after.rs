//! `Retry-After`, whatever it says and whenever it arrives.

#![no_main]

use bulkgraph::wire::parse_retry_after;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use time::OffsetDateTime;

fuzz_target!(|input: (i64, &str)| {
    let (seconds, text) = input;
    // Anything from 1970 to 9999.
    let seconds = seconds.rem_euclid(253_402_300_800);
    let Ok(now) = OffsetDateTime::from_unix_timestamp(seconds) else {
        return;
    };
    if let Some(wait) = parse_retry_after(text, now) {
        assert!(wait <= Duration::from_hours(24), "{wait:?}");
        let spaced = format!(" {text}\t");
        assert_eq!(parse_retry_after(&spaced, now), Some(wait));
    }
});
