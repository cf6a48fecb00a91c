//! The groups of the sample tenant: stores with their shifts, departments, and one of every kind.

use super::names::PLACES;
use super::users::DEPARTMENTS;
use super::{Kind, People, Seed};
use crate::simulator::tenant::{Group, GroupKind, Named, Object, ObjectIndex, Tenant};

/// Tills, contacts and applications.
pub(super) const OTHER_OBJECTS: usize = TILLS as usize + 2;

/// Devices in the group of mixed members.
const TILLS: u32 = 6;

/// Adds all groups and their members.
pub(super) fn add(tenant: &mut Tenant, seed: Seed, people: &People, count: u32) {
    let mut groups = Groups {
        tenant,
        seed,
        office: &people.office,
        made: 0,
    };
    groups.everyone(people);
    let wanted = groups.awkward(people);
    groups.for_copies(people);
    groups.departments(people);
    // Regions hold stores, so they are filled last.
    let region = groups.security("Region West", "Stores of the western region");
    groups.security(
        "Region West flat",
        "Everyone in the western region, without nesting",
    );
    let district = groups.security("District North", "Stores 002 and 003");
    let stores = groups.stores(people, (count - groups.made) / 4);
    for store in stores.iter().skip(3).take(3) {
        groups.tenant.link(region, *store);
    }
    groups.link_all(region, people.office.iter().skip(3).take(2));
    groups.copy_some(stores.get(1).copied(), district, 5);
    if let Some(store) = stores.first() {
        groups.tenant.link(wanted, *store);
    }
    while groups.made < count {
        let name = format!("Project {:03}", groups.made);
        groups.add(&name, "Set up for a project", GroupKind::Microsoft365);
    }
}

/// Adds groups one after the other.
struct Groups<'t> {
    tenant: &'t mut Tenant,
    seed: Seed,
    /// Those who own groups.
    office: &'t [ObjectIndex],
    made: u32,
}

impl Groups<'_> {
    fn add(&mut self, name: &str, description: &str, kind: GroupKind) -> ObjectIndex {
        self.add_with(name, description, kind, |group| group)
    }

    fn security(&mut self, name: &str, description: &str) -> ObjectIndex {
        self.add(name, description, GroupKind::Security)
    }

    fn add_with(
        &mut self,
        name: &str,
        description: &str,
        kind: GroupKind,
        adapt: impl FnOnce(Group) -> Group,
    ) -> ObjectIndex {
        let id = self.seed.id(Kind::Group, self.made);
        let owner = self.made as usize % self.office.len().max(1);
        let owner = self.office.get(owner).copied();
        self.made += 1;
        let group = Group {
            owners: owner
                .filter(|_| kind == GroupKind::Microsoft365)
                .into_iter()
                .collect(),
            ..Group::new(id, name, description, kind)
        };
        self.tenant.add(Object::Group(Box::new(adapt(group))))
    }

    fn link_all<'i>(&mut self, group: ObjectIndex, members: impl Iterator<Item = &'i ObjectIndex>) {
        for member in members {
            self.tenant.link(group, *member);
        }
    }

    fn copy_some(&mut self, source: Option<ObjectIndex>, destination: ObjectIndex, count: usize) {
        let members = source
            .and_then(|source| self.tenant.group(source))
            .map(|group| group.members.all());
        let some: Vec<ObjectIndex> = members.into_iter().flatten().copied().take(count).collect();
        self.link_all(destination, some.iter());
    }

    fn everyone(&mut self, people: &People) {
        let staff = self.security("All staff", "Every user");
        self.link_all(staff, people.everyone.iter());
        let office = self.add(
            "Head office",
            "People at head office",
            GroupKind::Microsoft365,
        );
        self.link_all(office, people.office.iter());
    }

    /// One group of every kind that asks for care; returns the one with members of every type.
    fn awkward(&mut self, people: &People) -> ObjectIndex {
        let some = |from: usize, count: usize| people.frontline.iter().skip(from).take(count);
        let night = self.security("Night crew", "One of two groups of that name");
        self.link_all(night, some(10, 8));
        self.add(
            "Night crew",
            "The other of the two",
            GroupKind::Microsoft365,
        );
        let dynamic = self.add_with(
            "Full-time staff",
            "Filled by a rule",
            GroupKind::Security,
            |group| Group {
                membership_rule: Some("user.employeeType -eq \"FullTime\"".to_owned()),
                ..group
            },
        );
        self.link_all(dynamic, some(110, 12));
        let synced = self.add_with(
            "Warehouse access",
            "Mastered on premises",
            GroupKind::Security,
            |group| Group {
                on_premises_sync_enabled: true,
                ..group
            },
        );
        self.link_all(synced, some(50, 12));
        let alerts = self.add(
            "Recall alerts",
            "Mail-enabled security group",
            GroupKind::MailEnabledSecurity,
        );
        self.link_all(alerts, some(70, 6));
        let news = self.add("Weekly news", "Distribution list", GroupKind::Distribution);
        self.link_all(news, some(80, 20));
        let helpdesk = self.add_with(
            "Helpdesk operators",
            "Role-assignable",
            GroupKind::Security,
            |group| Group {
                is_assignable_to_role: true,
                ..group
            },
        );
        self.link_all(helpdesk, people.office.iter().skip(5).take(1));
        self.security("Leavers 2019", "Nobody is left");
        self.add(
            "Project Lantern",
            "Takes users only",
            GroupKind::Microsoft365,
        );
        self.mixed(people)
    }

    fn mixed(&mut self, people: &People) -> ObjectIndex {
        let mixed = self.security(
            "Till rollout",
            "Users, devices, a contact, an application and a group",
        );
        self.link_all(mixed, people.frontline.iter().skip(100).take(5));
        for till in 0..TILLS {
            let device = self.named(Kind::Device, till, &format!("TILL-001-{:02}", till + 1));
            let device = self.tenant.add(Object::Device(Box::new(device)));
            self.tenant.link(mixed, device);
        }
        let contact = self.named(Kind::OrgContact, 0, "Till supplier");
        let contact = self.tenant.add(Object::OrgContact(Box::new(contact)));
        self.tenant.link(mixed, contact);
        let application = self.named(Kind::ServicePrincipal, 0, "Till telemetry");
        let application = self
            .tenant
            .add(Object::ServicePrincipal(Box::new(application)));
        self.tenant.link(mixed, application);
        mixed
    }

    fn named(&self, kind: Kind, number: u32, name: &str) -> Named {
        Named {
            id: self.seed.id(kind, number),
            display_name: name.to_owned(),
        }
    }

    /// Sources and destinations of the sample copies.
    fn for_copies(&mut self, people: &People) {
        let crew = self.security("Crew O'Brien", "The crew of shift leader O'Brien");
        self.link_all(crew, people.frontline.iter().skip(20).take(24));
        self.security("Holiday cover", "Receives the crew of O'Brien");
        let apprentices = self.security("Bakery apprentices", "This year's apprentices");
        self.link_all(apprentices, people.frontline.iter().skip(44).take(40));
        let channel = self.add(
            "Bakery channel",
            "Receives the apprentices",
            GroupKind::Microsoft365,
        );
        self.link_all(channel, people.frontline.iter().skip(40).take(12));
        self.security("Evening training", "Receives a shift");
    }

    fn departments(&mut self, people: &People) {
        for (department, _) in DEPARTMENTS {
            let group = self.security(&format!("Department {department}"), "By department");
            let members: Vec<ObjectIndex> = people
                .frontline
                .iter()
                .copied()
                .filter(|index| match self.tenant.object(*index) {
                    Some(Object::User(user)) => user.text("department") == Some(*department),
                    _ => false,
                })
                .collect();
            self.link_all(group, members.iter());
        }
    }

    /// Adds the stores, each with a group of its people, a team, and two shifts; returns the groups
    /// of people.
    fn stores(&mut self, people: &People, count: u32) -> Vec<ObjectIndex> {
        let mut stores = Vec::new();
        for number in 0..count {
            let place = PLACES
                .get(number as usize % PLACES.len())
                .copied()
                .unwrap_or_default();
            let name = format!("Store {:03} {place}", number + 1);
            let members = || {
                people
                    .frontline
                    .iter()
                    .skip(number as usize)
                    .step_by(count as usize)
            };
            let store = self.security(&name, "Everyone in the store");
            self.link_all(store, members());
            let team = self.add(
                &format!("{name} team"),
                "The store's team",
                GroupKind::Microsoft365,
            );
            self.link_all(team, members());
            let early = self.security(&format!("{name} early"), "Early shift");
            self.link_all(early, members().step_by(2));
            let late = self.security(&format!("{name} late"), "Late shift");
            self.link_all(late, members().skip(1).step_by(2));
            stores.push(store);
        }
        stores
    }
}
