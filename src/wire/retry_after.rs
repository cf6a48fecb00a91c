//! `Retry-After` in all its forms.

use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// The longest wait that is believed; a larger one is a mistake of somebody's.
const LONGEST: Duration = Duration::from_hours(24);

/// Reads the header: whole seconds (documented), seconds with a fraction (observed in inner headers
/// of batches), or an HTTP date (allowed by RFC 9110), which is taken relative to `now`. Anything
/// else is as if it were missing.
pub fn parse(text: &str, now: OffsetDateTime) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST)
        }
        Ok(_) => return None,
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            date.duration_since(SystemTime::from(now))
                .unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-20 09:00:00 UTC);

    #[track_caller]
    fn check(text: &str, expected: Option<f64>) {
        assert_eq!(
            parse(text, NOW),
            expected.map(Duration::from_secs_f64),
            "{text}"
        );
    }

    #[test]
    fn every_form_is_read() {
        check("5", Some(5.0));
        check(" 2.128 ", Some(2.128));
        check("0.249", Some(0.249));
        check("0", Some(0.0));
        check("Fri, 20 Nov 2026 09:00:30 GMT", Some(30.0));
        check("Fri, 20 Nov 2026 08:00:00 GMT", Some(0.0));
        check("1e99", Some(86_400.0));
    }

    #[test]
    fn nonsense_is_as_if_missing() {
        for text in ["", "soon", "-3", "NaN", "inf", "Fri, 99 Nov 2026"] {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_wait_for_ever(text in "\\PC{0,40}") {
            prop_assert!(parse(&text, NOW).is_none_or(|wait| wait <= LONGEST));
        }
    }
}
