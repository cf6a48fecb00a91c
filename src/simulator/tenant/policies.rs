//! The authentication methods policy: which methods there are, for whom, and within what bounds.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// The tenant's policy with its changes, which take effect later than they are made.
#[derive(Debug)]
pub(crate) struct Policies {
    /// What held before the first of the changes.
    before: Policy,
    /// Changes, with the time from which each holds, in that order.
    changes: Vec<(OffsetDateTime, Policy)>,
    applies_after: Duration,
    /// The value of `lastModifiedDateTime`.
    pub(crate) last_modified: OffsetDateTime,
}

/// What the policy says at one time; the default is Graph's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) access_pass: AccessPassPolicy,
    /// For text messages; see [`Target::is_usable_for_sign_in`].
    pub(crate) sms: Audience,
}

/// Graph: temporaryAccessPassAuthenticationMethodConfiguration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessPassPolicy {
    pub(crate) audience: Audience,
    /// In minutes, as are the two below.
    pub(crate) minimum_lifetime: u32,
    pub(crate) maximum_lifetime: u32,
    pub(crate) default_lifetime: u32,
    /// Characters of a pass.
    pub(crate) default_length: u32,
    /// Whether every pass is for one use only.
    pub(crate) is_usable_once: bool,
}

/// Who may use a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audience {
    pub(crate) enabled: bool,
    pub(crate) include: Vec<Target>,
    pub(crate) exclude: Vec<Target>,
}

/// A group or user of an audience (Graph: smsAuthenticationMethodTarget).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) id: TargetId,
    /// Whether it was given as a user, which is no longer recommended (same source).
    pub(crate) is_user: bool,
    /// Kept and shown, without effect.
    pub(crate) is_registration_required: bool,
    /// For text messages only: whether they are enough to sign in.
    pub(crate) is_usable_for_sign_in: bool,
}

/// Whom a target names. An object that is not there is no error: policies are known to name groups
/// that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetId {
    /// `all_users`.
    AllUsers,
    Object(Uuid),
}

impl Policies {
    pub(crate) fn new(
        policy: Policy,
        applies_after: Duration,
        last_modified: OffsetDateTime,
    ) -> Self {
        Self {
            before: policy,
            changes: Vec::new(),
            applies_after,
            last_modified,
        }
    }

    /// The policy as it was last written, which reads show.
    pub(crate) fn written(&self) -> &Policy {
        self.changes.last().map_or(&self.before, |(_, last)| last)
    }

    /// The policy that holds for users now.
    pub(crate) fn in_force(&self, now: OffsetDateTime) -> &Policy {
        let due = self.changes.partition_point(|(from, _)| *from <= now);
        let last = due.checked_sub(1).and_then(|last| self.changes.get(last));
        last.map_or(&self.before, |(_, policy)| policy)
    }

    /// Writes the policy; says whether that is a change.
    pub(crate) fn write(&mut self, policy: Policy, now: OffsetDateTime) -> bool {
        if *self.written() == policy {
            return false;
        }
        let due = self.changes.partition_point(|(from, _)| *from <= now);
        if let Some((_, last)) = self.changes.drain(..due).next_back() {
            self.before = last;
        }
        let from = now.saturating_add(self.applies_after);
        self.changes.push((from, policy));
        self.last_modified = now;
        true
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self::new(
            Policy::default(),
            Duration::ZERO,
            OffsetDateTime::UNIX_EPOCH,
        )
    }
}

impl Default for AccessPassPolicy {
    fn default() -> Self {
        Self {
            audience: Audience::default(),
            minimum_lifetime: 60,
            maximum_lifetime: 480,
            default_lifetime: 60,
            default_length: 8,
            is_usable_once: false,
        }
    }
}

impl Default for Audience {
    fn default() -> Self {
        Self {
            enabled: false,
            include: vec![Target::new(TargetId::AllUsers)],
            exclude: Vec::new(),
        }
    }
}

impl Target {
    pub(crate) fn new(id: TargetId) -> Self {
        Self {
            id,
            is_user: false,
            is_registration_required: false,
            is_usable_for_sign_in: false,
        }
    }
}
