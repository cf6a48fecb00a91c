//! The sample tenant: Northgate Grocers, a made-up chain of food shops.
//!
//! A few people at head office, some guests, and frontline workers for all the rest; stores with
//! their shifts, and one group of every awkward kind. Everything follows from the seed and from an
//! object's own number, never from what was made before it, so a larger tenant begins with the same
//! people as a smaller one and the files in `samples` fit both.

use fastrand::Rng;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

mod groups;
mod names;
mod phones;
mod policies;
mod users;

use super::protocol::arrival::random_id;
use super::scenario::Scenario;
use super::tenant::{AccessPass, Object, ObjectIndex, Tenant};

/// Builds the tenant.
pub(super) fn tenant(scenario: &Scenario) -> Tenant {
    let size = &scenario.tenant;
    let objects = size.users as usize + size.groups as usize + groups::OTHER_OBJECTS;
    let mut tenant = Tenant::with_capacity(objects);
    tenant.readings = scenario.authentication_methods.clone();
    let seed = Seed(scenario.seed);
    let people = users::add(&mut tenant, seed, size.users);
    groups::add(&mut tenant, seed, &people, size.groups);
    policies::set(&mut tenant, seed, &people, &scenario.policies);
    phones::add(&mut tenant, &people);
    let service = &scenario.service;
    tenant.replicas.lag = milliseconds(service.replication_ms);
    tenant.replicas.index_lag = milliseconds(service.index_ms);
    tenant.contention.chance = service.concurrency_violations;
    tenant
}

fn milliseconds(milliseconds: u32) -> std::time::Duration {
    std::time::Duration::from_millis(milliseconds.into())
}

/// Creates the users who are new when the simulator is first asked.
pub(super) fn create_new_starters(tenant: &mut Tenant, scenario: NewStarters, now: OffsetDateTime) {
    for number in 1..=scenario.count {
        let user = users::new_starter(scenario.seed, number);
        tenant.create(Object::User(user), now);
    }
}

/// Who is new.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewStarters {
    seed: Seed,
    count: u32,
}

impl NewStarters {
    pub(super) fn of(scenario: &Scenario) -> Self {
        Self {
            seed: Seed(scenario.seed),
            count: scenario.tenant.fresh_users,
        }
    }
}

/// Issues the passes some users hold, made an hour before the simulator was first asked: of every
/// nine workers one has a pass that is usable for seven hours more, and one a pass that has just
/// expired.
pub(super) fn issue_passes(tenant: &mut Tenant, rng: &mut Rng, now: OffsetDateTime) {
    let length = tenant.policies.in_force(now).access_pass.default_length;
    for worker in 0..WITH_METHODS {
        let lifetime_in_minutes = match worker % 9 {
            4 => 480,
            8 => 60,
            _ => continue,
        };
        let owner = ObjectIndex(users::FRONTLINE_START + worker);
        if !matches!(tenant.object(owner), Some(Object::User(_))) {
            break;
        }
        let pass = AccessPass {
            id: random_id(rng),
            value: AccessPass::draw(rng, length),
            created: now - Duration::hours(1),
            start: None,
            lifetime_in_minutes,
            is_usable_once: false,
            used: false,
        };
        tenant.authentication.save_pass(owner, pass);
    }
}

/// Only the first frontline workers have phones or passes, so that a tenant of a million stays
/// small.
const WITH_METHODS: u32 = 3_000;

/// The seed of the scenario.
#[derive(Debug, Clone, Copy)]
struct Seed(u64);

/// What a random number is drawn for; keeps the draws of different things apart.
#[derive(Debug, Clone, Copy)]
enum Kind {
    User = 1,
    Group,
    Device,
    OrgContact,
    ServicePrincipal,
    /// A group that a policy names.
    TargetGroup,
    NewStarter,
}

impl Seed {
    /// The generator of one object.
    fn rng(self, kind: Kind, number: u32) -> Rng {
        // An odd constant spreads neighbouring seeds apart (the golden ratio, as in SplitMix64).
        let spread = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Rng::with_seed(spread ^ ((kind as u64) << 40) ^ u64::from(number))
    }

    /// The id of one object.
    fn id(self, kind: Kind, number: u32) -> Uuid {
        random_id(&mut self.rng(kind, number))
    }
}

/// Who is who in the tenant.
#[derive(Debug)]
struct People {
    /// All users.
    everyone: Vec<ObjectIndex>,
    /// Head office.
    office: Vec<ObjectIndex>,
    /// Frontline workers; a worker's number is the place in this list.
    frontline: Vec<ObjectIndex>,
}
