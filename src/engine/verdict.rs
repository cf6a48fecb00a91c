//! What a reply means.

use super::{Answer, Effect, Reply};
use std::time::Duration;

/// What a reply means, whatever is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done as asked.
    Success,
    /// Nothing happened: too many requests. Come back after the given time, if one was given.
    Throttled {
        /// What the service asked for.
        after: Option<Duration>,
    },
    /// Nothing happened: the token is missing, expired or for somebody else.
    Unauthorized,
    /// Nothing that matters happened; the same request may succeed later.
    Transient {
        /// What the service asked for.
        after: Option<Duration>,
    },
    /// It may or may not have taken effect, and to send it again blindly would be wrong.
    Unknown {
        /// What the service asked for.
        after: Option<Duration>,
    },
    /// The service declined, and will decline again.
    Refused,
}

impl Verdict {
    /// How long the service asked to be left alone, if it did.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::Throttled { after } | Self::Transient { after } | Self::Unknown { after } => {
                after
            }
            Self::Success | Self::Unauthorized | Self::Refused => None,
        }
    }
}

/// Reads a reply to an operation with the given effect. It knows nothing of attempts.
///
/// Statuses are those of Graph's "error responses" document; that a 503 or 504 may follow a success
/// is observed, not documented.
pub fn classify(effect: Effect, reply: &Reply) -> Verdict {
    let answer = match reply {
        Reply::Unsent(_) => return Verdict::Transient { after: None },
        Reply::Unknown(_) | Reply::Doubtful(_) => return may_have_happened(effect, None),
        Reply::Answer(answer) => answer,
    };
    let after = answer.retry_after;
    match answer.status {
        200..=299 => Verdict::Success,
        401 => Verdict::Unauthorized,
        // 509: "bandwidth limit exceeded", Graph's other way to say slow down.
        429 | 509 => Verdict::Throttled { after },
        // 423: locked for the moment. 424: the request it depended on failed, so this one never
        // ran.
        423 | 424 => Verdict::Transient { after },
        400 | 409 if is_concurrency_violation(answer) => Verdict::Transient { after },
        _ if answer.is_after_all_unknown() => may_have_happened(effect, after),
        _ => Verdict::Refused,
    }
}

fn may_have_happened(effect: Effect, after: Option<Duration>) -> Verdict {
    match effect {
        Effect::Read | Effect::Idempotent => Verdict::Transient { after },
        Effect::Once => Verdict::Unknown { after },
    }
}

/// Two writers met on one object. Observed as 409, as 400, and with the code `Request_BadRequest`.
pub fn is_concurrency_violation(answer: &Answer) -> bool {
    answer
        .error()
        .code
        .eq_ignore_ascii_case("Directory_ConcurrencyViolation")
        || answer.says("concurrent requests")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Body, Throttle};
    use serde_json::json;
    use std::fmt::Write;

    fn answer(status: u16, body: Body) -> Reply {
        Reply::Answer(Answer {
            status,
            retry_after: None,
            request_id: None,
            throttle: Throttle::default(),
            body,
        })
    }

    fn name(verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Success => "success",
            Verdict::Throttled { .. } => "throttled",
            Verdict::Unauthorized => "unauthorized",
            Verdict::Transient { .. } => "transient",
            Verdict::Unknown { .. } => "unknown",
            Verdict::Refused => "refused",
        }
    }

    /// Every status with its verdict, as ranges of equal ones.
    fn table(effect: Effect) -> String {
        let mut rows: Vec<(u16, u16, &str)> = Vec::new();
        for status in 100..=599 {
            let verdict = name(classify(effect, &answer(status, Body::Empty)));
            match rows.last_mut() {
                Some((_, last, same)) if *same == verdict => *last = status,
                _ => rows.push((status, status, verdict)),
            }
        }
        rows.iter()
            .fold(String::new(), |mut text, (first, last, verdict)| {
                writeln!(text, "{first}-{last} {verdict}").unwrap();
                text
            })
    }

    #[test]
    fn every_status_has_its_verdict_for_a_write_that_must_not_be_repeated() {
        insta::assert_snapshot!(table(Effect::Once), @r"
        100-199 refused
        200-299 success
        300-400 refused
        401-401 unauthorized
        402-407 refused
        408-408 unknown
        409-422 refused
        423-424 transient
        425-428 refused
        429-429 throttled
        430-499 refused
        500-500 unknown
        501-501 refused
        502-504 unknown
        505-508 refused
        509-509 throttled
        510-599 refused
        ");
    }

    #[test]
    fn what_may_be_repeated_differs_only_where_the_effect_is_in_doubt() {
        assert_eq!(
            table(Effect::Read),
            table(Effect::Once).replace("unknown", "transient")
        );
        assert_eq!(table(Effect::Idempotent), table(Effect::Read));
    }

    #[test]
    fn a_concurrency_violation_is_transient_in_all_three_forms() {
        let words = "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.";
        for (status, code) in [
            (409, "Directory_ConcurrencyViolation"),
            (400, "directory_concurrencyviolation"),
            (400, "Request_BadRequest"),
        ] {
            let reply = answer(
                status,
                Body::Json(json!({"error": {"code": code, "message": words}})),
            );
            assert_eq!(
                classify(Effect::Once, &reply),
                Verdict::Transient { after: None },
                "{status} {code}"
            );
        }
    }

    #[test]
    fn a_lost_call_is_unknown_only_where_repeating_matters() {
        let lost = Reply::Unknown("connection reset".to_owned());
        assert_eq!(
            classify(Effect::Once, &lost),
            Verdict::Unknown { after: None }
        );
        assert_eq!(
            classify(Effect::Read, &lost),
            Verdict::Transient { after: None }
        );
        let unsent = Reply::Unsent("connection refused".to_owned());
        assert_eq!(
            classify(Effect::Once, &unsent),
            Verdict::Transient { after: None }
        );
    }
}
