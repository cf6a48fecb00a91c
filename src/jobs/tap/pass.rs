//! A pass as the service describes it.

use super::{RESULT_EXPIRY, RESULT_ONCE, RESULT_START, RESULT_USABILITY, Wish};
use crate::jobs::Settlement;
use secrecy::SecretString;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// A pass as the service describes it (Graph: temporaryAccessPassAuthenticationMethod).
#[derive(Clone, Debug)]
pub(super) struct Pass {
    pub(super) id: String,
    /// In the answer that created it, and never again.
    pub(super) secret: Option<SecretString>,
    pub(super) created: Option<OffsetDateTime>,
    start: Option<OffsetDateTime>,
    lifetime: Option<i64>,
    once: Option<bool>,
    usable: Option<bool>,
    usability: String,
}

impl Pass {
    pub(super) fn read(body: &Value) -> Self {
        let text = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default();
        let time = |member: &str| OffsetDateTime::parse(text(member), &Rfc3339).ok();
        let secret = text("temporaryAccessPass");
        Self {
            id: text("id").to_owned(),
            secret: (!secret.is_empty()).then(|| SecretString::from(secret)),
            created: time("createdDateTime"),
            start: time("startDateTime"),
            lifetime: body.get("lifetimeInMinutes").and_then(Value::as_i64),
            once: body.get("isUsableOnce").and_then(Value::as_bool),
            usable: body.get("isUsable").and_then(Value::as_bool),
            usability: text("methodUsabilityReason").to_owned(),
        }
    }

    /// Whether somebody can sign in with it, now or when its time comes; also where the service
    /// does not say, because a pass that somebody holds must not be lost over silence.
    pub(super) fn is_usable(&self) -> bool {
        self.usable.unwrap_or(true) || self.waits_for_its_time()
    }

    fn waits_for_its_time(&self) -> bool {
        self.usability.eq_ignore_ascii_case("NotYetValid")
    }

    /// Whether it has what a row asks for.
    pub(super) fn is_as_asked(&self, wish: &Wish) -> bool {
        let lifetime = wish
            .lifetime
            .is_none_or(|asked| self.lifetime == Some(i64::from(asked)));
        let start = wish
            .start
            .as_deref()
            .is_none_or(|asked| self.start.and_then(utc).as_deref() == Some(asked));
        lifetime && start && self.once == Some(wish.once)
    }

    /// Fills the result columns, and warns of a pass that will not let anybody in.
    pub(super) fn describe(&self, settlement: Settlement) -> Settlement {
        let expiry = self.start.zip(self.lifetime).and_then(|(start, minutes)| {
            start.checked_add(Duration::seconds(minutes.checked_mul(60)?))
        });
        let settlement = settlement
            .with(RESULT_START, self.start.and_then(utc).unwrap_or_default())
            .with(RESULT_EXPIRY, expiry.and_then(utc).unwrap_or_default())
            .with(
                RESULT_ONCE,
                self.once.map(|once| once.to_string()).unwrap_or_default(),
            )
            .with(RESULT_USABILITY, self.usability.clone());
        if self.is_usable() {
            return settlement;
        }
        settlement.hinting(
            "This pass cannot be used: the policy for Temporary Access Passes does not include the person, or the \
             pass is spent. Check Entra admin center > Authentication methods > Policies.",
        )
    }
}

/// A time in UTC, to the second.
pub(super) fn utc(time: OffsetDateTime) -> Option<String> {
    time.checked_to_offset(UtcOffset::UTC)?
        .replace_nanosecond(0)
        .ok()?
        .format(&Rfc3339)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_end_is_the_start_and_the_lifetime() {
        let pass = Pass::read(&json!({
            "startDateTime": "2021-01-26T00:00:00.5026721Z", "lifetimeInMinutes": 60, "isUsableOnce": false,
            "isUsable": false, "methodUsabilityReason": "NotYetValid",
        }));
        let settlement = pass.describe(Settlement::kept());
        let values: Vec<&str> = settlement
            .findings
            .iter()
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(
            values,
            [
                "2021-01-26T00:00:00Z",
                "2021-01-26T01:00:00Z",
                "false",
                "NotYetValid"
            ]
        );
        assert!(pass.is_usable() && settlement.hint.is_empty());
    }

    #[test]
    fn a_pass_that_says_nothing_is_no_reason_to_panic() {
        let pass = Pass::read(
            &json!({"isUsable": false, "lifetimeInMinutes": i64::MAX, "startDateTime": "9999-12-31T23:59:59-01:00"}),
        );
        let settlement = pass.describe(Settlement::kept());
        assert!(settlement.hint.starts_with("This pass cannot be used"));
        assert_eq!(pass.created, None);
    }
}
