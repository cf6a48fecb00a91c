//! Temporary Access Passes.

use std::fmt;

use fastrand::Rng;
use time::{Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// A pass, with the secret that is shown once.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AccessPass {
    pub(crate) id: Uuid,
    pub(crate) value: String,
    pub(crate) created: OffsetDateTime,
    /// When it starts, if not on creation.
    pub(crate) start: Option<OffsetDateTime>,
    pub(crate) lifetime_in_minutes: u32,
    pub(crate) is_usable_once: bool,
    /// Whether someone got in with it.
    pub(crate) used: bool,
}

impl fmt::Debug for AccessPass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AccessPass")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The value of `methodUsabilityReason` (Graph: temporaryAccessPassAuthenticationMethod).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usability {
    EnabledByPolicy,
    DisabledByPolicy,
    NotYetValid,
    Expired,
    OneTimeUsed,
}

impl Usability {
    pub(crate) fn is_usable(self) -> bool {
        self == Self::EnabledByPolicy
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EnabledByPolicy => "EnabledByPolicy",
            Self::DisabledByPolicy => "DisabledByPolicy",
            Self::NotYetValid => "NotYetValid",
            Self::Expired => "Expired",
            Self::OneTimeUsed => "OneTimeUsed",
        }
    }
}

impl AccessPass {
    /// The value of a new pass, with the signs that recorded ones hold, among them some that CSV and URLs treat
    /// specially.
    pub(crate) fn draw(rng: &mut Rng, length: u32) -> String {
        const SIGNS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789&+=$*%@#!^?";
        (0..length)
            .filter_map(|_| rng.choice(SIGNS))
            .map(|sign| char::from(*sign))
            .collect()
    }

    /// Whether the pass can be used now by a user whom the policy allows one or not. What is final
    /// is said first; that order is our reading.
    pub(super) fn usability(&self, allowed: bool, now: OffsetDateTime) -> Usability {
        let start = self.start.unwrap_or(self.created);
        // A start near the end of the calendar would overflow.
        let end = start.checked_add(Duration::minutes(self.lifetime_in_minutes.into()));
        if self.is_usable_once && self.used {
            Usability::OneTimeUsed
        } else if end.is_some_and(|end| end <= now) {
            Usability::Expired
        } else if !allowed {
            Usability::DisabledByPolicy
        } else if now < start {
            Usability::NotYetValid
        } else {
            Usability::EnabledByPolicy
        }
    }

    /// The value of `createdDateTime`, with the seven fraction digits Graph shows.
    pub(crate) fn created_json(&self) -> String {
        seven_digits(self.created)
    }

    /// The value of `startDateTime`: the time asked for, or that of creation.
    pub(crate) fn start_json(&self) -> String {
        self.start
            .map_or_else(|| seven_digits(self.created), shortest)
    }
}

/// The form of `createdDateTime` and of other times the service sets.
pub(crate) fn seven_digits(at: OffsetDateTime) -> String {
    let form = time::macros::format_description!(
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z"
    );
    at.to_offset(UtcOffset::UTC)
        .format(form)
        .unwrap_or_default()
}

fn shortest(at: OffsetDateTime) -> String {
    let form = time::format_description::well_known::Rfc3339;
    at.to_offset(UtcOffset::UTC)
        .format(&form)
        .unwrap_or_default()
}
