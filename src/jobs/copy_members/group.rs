//! A group, what may be written to it, and what it can hold.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The properties that decide about a group; asked for by name, because the default ones lack some.
pub(super) const SELECT: &str = "$select=id,displayName,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,isAssignableToRole";

/// A group that was looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) id: Uuid,
    pub(super) name: String,
    traits: Vec<Trait>,
}

/// What is known of a group that decides what may be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Trait {
    /// A Microsoft 365 group.
    Unified,
    /// A rule decides who is in it.
    Dynamic,
    Mail,
    Security,
    /// From on-premises Active Directory.
    Synced,
    RoleAssignable,
}

impl Group {
    /// Reads Graph's group; `None` where it has no id.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let flag = |member: &str| {
            body.get(member)
                .and_then(Value::as_bool)
                .unwrap_or_default()
        };
        let types = body.get("groupTypes").and_then(Value::as_array);
        let is = |kind: &str| {
            let mut types = types.into_iter().flatten().filter_map(Value::as_str);
            types.any(|found| found.eq_ignore_ascii_case(kind))
        };
        let traits = [
            (Trait::Unified, is("Unified")),
            (Trait::Dynamic, is("DynamicMembership")),
            (Trait::Mail, flag("mailEnabled")),
            (Trait::Security, flag("securityEnabled")),
            (Trait::Synced, flag("onPremisesSyncEnabled")),
            (Trait::RoleAssignable, flag("isAssignableToRole")),
        ];
        Some(Self {
            id: Uuid::try_parse(body.get("id")?.as_str()?).ok()?,
            name: body
                .get("displayName")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            traits: traits
                .into_iter()
                .filter_map(|(kind, holds)| holds.then_some(kind))
                .collect(),
        })
    }

    fn is(&self, kind: Trait) -> bool {
        self.traits.contains(&kind)
    }

    /// Why Graph will not add members to this group (Graph: groups overview); `None` if it will.
    pub(super) fn cannot_be_written(&self) -> Option<String> {
        let mail_only = self.is(Trait::Mail) && !self.is(Trait::Unified);
        let why = if self.is(Trait::Synced) {
            "is synced from on-premises Active Directory: change it there"
        } else if self.is(Trait::Dynamic) {
            "has dynamic membership: its rule decides who is in it"
        } else if mail_only && self.is(Trait::Security) {
            "is a mail-enabled security group: its members are managed in Exchange"
        } else if mail_only {
            "is a distribution group: its members are managed in Exchange"
        } else {
            return None;
        };
        Some(format!(
            "the destination group `{}` ({}) {why}",
            self.name, self.id
        ))
    }

    /// Why this group cannot hold a member of that type (Graph: add members); `None` if it can.
    pub(super) fn cannot_hold(&self, member_type: &str) -> Option<&'static str> {
        if self.is(Trait::Unified) && member_type != "user" {
            return Some("a Microsoft 365 group holds users only");
        }
        if self.is(Trait::RoleAssignable) && member_type == "group" {
            return Some("a role-assignable group cannot hold groups");
        }
        match member_type {
            "user" | "group" | "device" | "servicePrincipal" | "orgContact" => None,
            _ => Some("a security group cannot hold members of this type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn group(mut properties: Value) -> Group {
        properties["id"] = json!("5f0cbb1c-0b0e-4a5f-9d1e-0123456789ab");
        Group::read(&properties).unwrap()
    }

    #[test]
    fn what_can_be_written_follows_from_the_kind() {
        let writable = |properties| group(properties).cannot_be_written().is_none();
        assert!(writable(
            json!({"securityEnabled": true, "mailEnabled": false, "groupTypes": []})
        ));
        assert!(writable(
            json!({"securityEnabled": true, "mailEnabled": true, "groupTypes": ["Unified"]})
        ));
        assert!(!writable(
            json!({"securityEnabled": true, "mailEnabled": true, "groupTypes": []})
        ));
        assert!(!writable(
            json!({"securityEnabled": false, "mailEnabled": true, "groupTypes": []})
        ));
        assert!(!writable(
            json!({"securityEnabled": true, "groupTypes": ["DynamicMembership"]})
        ));
        assert!(!writable(
            json!({"groupTypes": ["DynamicMembership", "Unified"], "mailEnabled": true})
        ));
        assert!(!writable(
            json!({"securityEnabled": true, "onPremisesSyncEnabled": true})
        ));
    }

    #[test]
    fn what_a_group_can_hold_follows_from_its_kind() {
        let unified = group(json!({"groupTypes": ["Unified"], "mailEnabled": true}));
        let security = group(json!({"securityEnabled": true}));
        let for_roles = group(json!({"securityEnabled": true, "isAssignableToRole": true}));
        for (member, expected) in [
            ("user", [true, true, true]),
            ("group", [false, true, false]),
            ("device", [false, true, true]),
            ("orgContact", [false, true, true]),
            ("application", [false, false, false]),
        ] {
            assert_eq!(
                [&unified, &security, &for_roles].map(|group| group.cannot_hold(member).is_none()),
                expected,
                "{member}"
            );
        }
    }
}
