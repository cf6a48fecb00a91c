//! The policies of the sample tenant, and the groups that only they need.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Kind, People, Seed};
use crate::simulator::scenario::{self, PolicyState};
use crate::simulator::tenant::{
    AccessPassPolicy, Audience, Group, GroupKind, Object, ObjectIndex, Policies, Policy, Target,
    TargetId, Tenant,
};

/// Every third worker signs in by text message, unless the scenario says otherwise.
const SMS_GROUP: &str = "SMS sign-in";

/// When the policies were last changed, as far as reads show; long ago.
const LAST_MODIFIED: OffsetDateTime = datetime!(2024-09-02 09:30 UTC);

/// Adds the groups and sets the policies. The groups come after all others and have ids of their
/// own, so that the other groups of the tenant are the same whatever the policies name.
pub(super) fn set(tenant: &mut Tenant, seed: Seed, people: &People, policies: &scenario::Policies) {
    let mut groups = TargetGroups {
        tenant,
        seed,
        made: 0,
    };
    let (sms, _) = groups.add(SMS_GROUP);
    for worker in people.frontline.iter().step_by(3) {
        groups.tenant.link(sms, *worker);
    }
    let pass = &policies.temporary_access_pass;
    let policy = Policy {
        access_pass: AccessPassPolicy {
            audience: groups.audience(pass.state, &pass.include_targets, &pass.exclude_targets),
            minimum_lifetime: pass.minimum_lifetime_in_minutes,
            maximum_lifetime: pass.maximum_lifetime_in_minutes,
            default_lifetime: pass.default_lifetime_in_minutes,
            default_length: pass.default_length,
            is_usable_once: pass.is_usable_once,
        },
        sms: groups.sms(&policies.sms),
    };
    let applies_after = Duration::seconds(policies.applies_after_seconds.into());
    tenant.policies = Policies::new(policy, applies_after, LAST_MODIFIED);
}

/// Finds groups by name, and makes those that are missing.
struct TargetGroups<'t> {
    tenant: &'t mut Tenant,
    seed: Seed,
    made: u32,
}

impl TargetGroups<'_> {
    fn add(&mut self, name: &str) -> (ObjectIndex, Uuid) {
        let id = self.seed.id(Kind::TargetGroup, self.made);
        self.made += 1;
        let why = "Named by an authentication methods policy";
        let group = Group::new(id, name, why, GroupKind::Security);
        let index = self.tenant.add(Object::Group(Box::new(group)));
        (index, id)
    }

    fn sms(&mut self, policy: &scenario::SmsPolicy) -> Audience {
        let mut audience = self.audience(
            policy.state,
            &policy.include_targets,
            &policy.exclude_targets,
        );
        for target in &mut audience.include {
            target.is_usable_for_sign_in = policy.is_usable_for_sign_in;
        }
        audience
    }

    fn audience(&mut self, state: PolicyState, include: &[String], exclude: &[String]) -> Audience {
        Audience {
            enabled: state == PolicyState::Enabled,
            include: include.iter().map(|name| self.target(name)).collect(),
            exclude: exclude.iter().map(|name| self.target(name)).collect(),
        }
    }

    fn target(&mut self, name: &str) -> Target {
        if name == "all_users" {
            return Target::new(TargetId::AllUsers);
        }
        let named = self.tenant.groups_named(name);
        let first = named.first().and_then(|first| self.tenant.group(*first));
        let id = match first {
            Some(group) => group.id,
            None => self.add(name).1,
        };
        Target::new(TargetId::Object(id))
    }
}
