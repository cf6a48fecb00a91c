//! What the tenant holds, as the service itself says it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything in the tenant that a job could change, by object id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) groups: BTreeMap<String, Group>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: String,
    /// Numbers by type.
    pub(crate) phones: BTreeMap<String, String>,
    pub(crate) pass: Option<Pass>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    pub(crate) id: String,
    pub(crate) value: String,
    pub(crate) usable: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: BTreeSet<String>,
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

impl Tenant {
    /// Reads what `/_simulator/tenant` answers.
    pub(crate) fn read(document: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(document).unwrap();
        let people = document["users"].as_array().unwrap().iter();
        let groups = document["groups"].as_array().unwrap().iter();
        Self {
            people: people.map(|one| (text(one, "id"), person(one))).collect(),
            groups: groups.map(|one| (text(one, "id"), group(one))).collect(),
        }
    }

    pub(crate) fn phone(&self, person: &str, kind: &str) -> Option<&str> {
        let phones = &self.people.get(person)?.phones;
        phones.get(kind).map(String::as_str)
    }

    pub(crate) fn pass(&self, person: &str) -> Option<&Pass> {
        self.people.get(person)?.pass.as_ref()
    }

    pub(crate) fn has_member(&self, group: &str, member: &str) -> bool {
        self.groups
            .get(group)
            .is_some_and(|group| group.members.contains(member))
    }

    /// Whoever is in a group, with `nested` also those in the groups within it, and these groups.
    pub(crate) fn members(&self, group: &str, nested: bool) -> BTreeSet<String> {
        let (mut found, mut to_read) = (BTreeSet::new(), vec![group.to_owned()]);
        while let Some(next) = to_read.pop() {
            for member in self.groups.get(&next).iter().flat_map(|it| &it.members) {
                if found.insert(member.clone()) && nested {
                    to_read.push(member.clone());
                }
            }
        }
        found
    }
}

fn person(one: &Value) -> Person {
    let phones = one["phones"].as_object().unwrap().iter();
    let pass = one["pass"].as_object().map(|_| Pass {
        id: text(&one["pass"], "id"),
        value: text(&one["pass"], "value"),
        usable: one["pass"]["isUsable"] == true,
    });
    Person {
        name: text(one, "userPrincipalName"),
        phones: phones
            .map(|(kind, number)| (kind.clone(), number.as_str().unwrap().to_owned()))
            .collect(),
        pass,
    }
}

fn group(one: &Value) -> Group {
    let members = one["members"].as_array().unwrap().iter();
    Group {
        name: text(one, "displayName"),
        members: members.map(|id| id.as_str().unwrap().to_owned()).collect(),
    }
}
