//! Which methods a user may use now, and who gets in with a pass.

use time::{Duration, OffsetDateTime};

use super::authentication::{PhoneMethod, PhoneType, Registration, SmsSignInState};
use super::pass::{AccessPass, Usability};
use super::policies::{Audience, Target, TargetId};
use super::{Object, ObjectIndex, Tenant, UserType};

/// What happens to a person who shows a pass at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The person gets in.
    Admitted,
    NoSuchUser,
    /// The user has no pass, or another one.
    WrongPass,
    /// The pass is the right one and cannot be used.
    Unusable(Usability),
    /// The pass is too new, though it is called usable (observed).
    NotSettled,
}

impl Tenant {
    /// Whether the pass policy in force allows the user a pass.
    pub(crate) fn may_have_pass(&self, user: ObjectIndex, now: OffsetDateTime) -> bool {
        let policy = &self.policies.in_force(now).access_pass;
        policy.audience.enabled && self.is_targeted(&policy.audience, user, |_| true)
    }

    /// Whether the policy in force lets the user sign in by text message. Guests never do (Graph:
    /// SMS sign-in how-to). That each such user needs a licence is not modelled.
    pub(crate) fn may_sign_in_by_sms(&self, user: ObjectIndex, now: OffsetDateTime) -> bool {
        let audience = &self.policies.in_force(now).sms;
        let is_member = matches!(self.object(user), Some(Object::User(user)) if user.user_type == UserType::Member);
        is_member
            && audience.enabled
            && self.is_targeted(audience, user, |target| target.is_usable_for_sign_in)
    }

    /// The value of `smsSignInState` for a user who may sign in by text message, or may not. What
    /// tells `notConfigured` from `notAllowedByPolicy` is our reading: the first is said while the
    /// tenant has no text messages at all.
    pub(crate) fn sms_sign_in_state(
        &self,
        kind: PhoneType,
        phone: &PhoneMethod,
        allowed: bool,
        now: OffsetDateTime,
    ) -> SmsSignInState {
        if kind != PhoneType::Mobile {
            return SmsSignInState::NotSupported;
        }
        if !self.policies.in_force(now).sms.enabled {
            return SmsSignInState::NotConfigured;
        }
        if !allowed {
            return SmsSignInState::NotAllowedByPolicy;
        }
        match phone.registration {
            Registration::None => SmsSignInState::NotEnabled,
            Registration::NumberTaken => SmsSignInState::PhoneNumberNotUnique,
            Registration::Holder => SmsSignInState::Ready,
        }
    }

    /// Whether the user's pass can be used now, and if not, why.
    pub(crate) fn pass_usability(
        &self,
        user: ObjectIndex,
        pass: &AccessPass,
        now: OffsetDateTime,
    ) -> Usability {
        pass.usability(self.may_have_pass(user, now), now)
    }

    /// Lets a user in with a pass, and uses up one that is for one use.
    pub(crate) fn enter_with_pass(
        &mut self,
        user: &str,
        value: &str,
        now: OffsetDateTime,
    ) -> Entry {
        let Some((user, _)) = self.find_account(user) else {
            return Entry::NoSuchUser;
        };
        let pass = self.authentication.pass(user);
        let Some(pass) = pass.filter(|pass| pass.value == value) else {
            return Entry::WrongPass;
        };
        let usability = self.pass_usability(user, pass, now);
        if !usability.is_usable() {
            return Entry::Unusable(usability);
        }
        let settles = Duration::seconds(self.readings.passes_settle_seconds.into());
        if now - pass.created < settles {
            return Entry::NotSettled;
        }
        self.authentication.use_pass(user);
        Entry::Admitted
    }

    /// Whether the user belongs to an audience: included by a target that counts, and not excluded.
    fn is_targeted(
        &self,
        audience: &Audience,
        user: ObjectIndex,
        counts: impl Fn(&Target) -> bool,
    ) -> bool {
        let names = |target: &Target| self.is_named(target.id, user);
        let mut included = audience.include.iter().filter(|target| counts(target));
        included.any(names) && !audience.exclude.iter().any(names)
    }

    /// Members of nested groups count too (our reading, by the example of Conditional Access).
    fn is_named(&self, target: TargetId, user: ObjectIndex) -> bool {
        match target {
            TargetId::AllUsers => true,
            TargetId::Object(id) => self
                .find(id)
                .is_some_and(|object| object == user || self.is_below(object, user)),
        }
    }

    /// Whether the object is in the group or in one below it. Costs a look per nested group, and
    /// never reads the members.
    fn is_below(&self, group: ObjectIndex, object: ObjectIndex) -> bool {
        let Some(top) = self.group(group) else {
            return false;
        };
        if top.members.contains(object) || top.members.groups().is_empty() {
            return top.members.contains(object);
        }
        let mut below = self.nested_groups(group).into_iter();
        below.any(|group| {
            self.group(group)
                .is_some_and(|group| group.members.contains(object))
        })
    }
}
