//! Copies the members of one group to another.
//!
//! A row is a pair of groups. It becomes, in turn: a *pair*, which is looked up and checked before
//! anything is written ([`resolve`]); a *listing*, which reads both groups page by page and finds
//! the members ([`listing`]); and the *members*, which are added up to 20 at a time ([`add`]).

mod add;
mod group;
mod listing;
mod resolve;

use super::{
    Column, Conversation, Fields, Item, Job, JobOption, NewItem, OptionError, Refusal, Settings,
    Stage, Work,
};
use add::Add;
use group::Group;
use listing::Listing;
use resolve::Resolve;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The job `copy-members`.
#[derive(Debug)]
pub(super) struct CopyMembers;

const SOURCE: &str = "SourceGroup";
const DESTINATION: &str = "DestinationGroup";
const TRANSITIVE: &str = "Transitive";
const MEMBER_ID: &str = "MemberId";
const MEMBER_NAME: &str = "MemberName";
const MEMBER_TYPE: &str = "MemberType";

const COLUMNS: &[Column] = &[
    Column {
        name: SOURCE,
        aliases: &["Source", "From", "SourceGroupId", "SourceGroupName"],
        required: true,
    },
    Column {
        name: DESTINATION,
        aliases: &[
            "Destination",
            "Target",
            "TargetGroup",
            "To",
            "DestinationGroupId",
            "DestinationGroupName",
        ],
        required: true,
    },
    Column {
        name: TRANSITIVE,
        aliases: &["IncludeNested", "Nested"],
        required: false,
    },
    Column {
        name: MEMBER_ID,
        aliases: &["Member"],
        required: false,
    },
    Column {
        name: MEMBER_NAME,
        aliases: &[],
        required: false,
    },
    Column {
        name: MEMBER_TYPE,
        aliases: &[],
        required: false,
    },
];

/// The most members that one PATCH may add (Graph: add members).
const MEMBERS_AT_ONCE: usize = 20;

impl Job for CopyMembers {
    fn name(&self) -> &'static str {
        "copy-members"
    }

    fn about(&self) -> &'static str {
        "Copy the members of one group to another"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn options(&self) -> &'static [JobOption] {
        &[]
    }

    fn item_columns(&self) -> &'static [&'static str] {
        &[MEMBER_ID, MEMBER_NAME, MEMBER_TYPE]
    }

    fn result_columns(&self) -> &'static [&'static str] {
        &[]
    }

    fn sameness(&self) -> &'static str {
        "the same pair of groups"
    }

    fn in_doubt_hint(&self) -> &'static str {
        "Run this row again: adding a member twice does no harm."
    }

    fn configure(&self, settings: &Settings) -> Result<Box<dyn Work>, OptionError> {
        Ok(Box::new(Copy {
            graph_root: settings.graph_root.clone(),
        }))
    }
}

/// What an item of this job is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Content {
    /// A row: groups as they were written.
    Pair(Pair),
    /// The same, looked up.
    Listing(Found),
    /// One member on its way to a group.
    Member(Member),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair {
    source: String,
    destination: String,
    transitive: bool,
    /// Only this member, as in a result file that is run again.
    member: Option<OneMember>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Found {
    source: Group,
    destination: Group,
    transitive: bool,
    member: Option<OneMember>,
}

/// A member as a result file names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OneMember {
    id: Uuid,
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl OneMember {
    /// Reads one of Graph's members; `None` if it has no id.
    fn read(member: &Value) -> Option<Self> {
        let text = |name: &str| member.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = text("@odata.type");
        let names = [text("displayName"), text("userPrincipalName")];
        Some(Self {
            id: Uuid::try_parse(text("id")).ok()?,
            name: names
                .into_iter()
                .find(|name| !name.is_empty())
                .unwrap_or_default()
                .to_owned(),
            kind: kind
                .strip_prefix("#microsoft.graph.")
                .unwrap_or(kind)
                .to_owned(),
        })
    }

    /// The job's item columns.
    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            (MEMBER_ID, self.id.to_string()),
            (MEMBER_NAME, self.name.clone()),
            (MEMBER_TYPE, self.kind.clone()),
        ]
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Member {
    destination: Uuid,
    id: Uuid,
}

/// The job with its options.
#[derive(Debug)]
struct Copy {
    graph_root: String,
}

impl Work for Copy {
    fn check(&self, row: &Fields<'_>) -> Result<NewItem, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let (source, destination) = (row.text(SOURCE), row.text(DESTINATION));
        for (column, group) in [(SOURCE, source), (DESTINATION, destination)] {
            if group.is_empty() {
                refusals.push(row.refuse(
                    column,
                    "is empty: it needs a group's object id or display name",
                ));
            }
        }
        if !source.is_empty() && source.eq_ignore_ascii_case(destination) {
            refusals.push(row.refuse(DESTINATION, "is the source group itself"));
        }
        let transitive = match row.text(TRANSITIVE).to_lowercase().as_str() {
            "" | "false" | "no" | "0" => false,
            "true" | "yes" | "1" => true,
            _ => {
                refusals.push(row.refuse(TRANSITIVE, "is neither true nor false"));
                false
            }
        };
        let member = match (row.text(MEMBER_ID), Uuid::try_parse(row.text(MEMBER_ID))) {
            ("", _) => None,
            (_, Ok(id)) => Some(OneMember {
                id,
                name: row.text(MEMBER_NAME).to_owned(),
                kind: row.text(MEMBER_TYPE).to_owned(),
            }),
            (_, Err(_)) => {
                refusals.push(row.refuse(MEMBER_ID, "is no object id"));
                None
            }
        };
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let of_member = member
            .as_ref()
            .map(|member| format!("\u{1f}{}", member.id))
            .unwrap_or_default();
        let fields = member.as_ref().map(OneMember::fields).unwrap_or_default();
        let pair = Pair {
            source: source.to_owned(),
            destination: destination.to_owned(),
            transitive,
            member,
        };
        Ok(NewItem {
            key: format!(
                "{}\u{1f}{}{of_member}",
                source.to_lowercase(),
                destination.to_lowercase()
            ),
            stage: Stage::Check,
            content: json!(Content::Pair(pair)),
            fields,
        })
    }

    fn converse(&self, items: Vec<Item>, all: bool) -> (Vec<Box<dyn Conversation>>, Vec<Item>) {
        let mut conversations: Vec<Box<dyn Conversation>> = Vec::new();
        let mut members: Vec<(Member, Item)> = Vec::new();
        for item in items {
            match serde_json::from_value(item.content.clone()) {
                Ok(Content::Pair(pair)) => conversations.push(Box::new(Resolve::new(item, pair))),
                Ok(Content::Listing(found)) => {
                    conversations.push(Box::new(Listing::new(
                        item,
                        found,
                        self.graph_root.clone(),
                    )));
                }
                Ok(Content::Member(member)) => members.push((member, item)),
                Err(_) => conversations.push(Box::new(add::Unreadable(item))),
            }
        }
        let (full, leftovers) = together(members, all);
        let add =
            |members| Box::new(Add::new(members, self.graph_root.clone())) as Box<dyn Conversation>;
        conversations.extend(full.into_iter().map(add));
        (conversations, leftovers)
    }
}

/// Puts members of the same group together, [`MEMBERS_AT_ONCE`] at a time. A member is in the run
/// file once for each group, so all of them are different.
fn together(members: Vec<(Member, Item)>, all: bool) -> (Vec<Vec<(Member, Item)>>, Vec<Item>) {
    let mut waiting: BTreeMap<Uuid, Vec<(Member, Item)>> = BTreeMap::new();
    let mut full = Vec::new();
    for (member, item) in members {
        let company = waiting.entry(member.destination).or_default();
        company.push((member, item));
        if company.len() == MEMBERS_AT_ONCE {
            full.push(std::mem::take(company));
        }
    }
    let rest = waiting.into_values().filter(|members| !members.is_empty());
    if all {
        full.extend(rest);
        return (full, Vec::new());
    }
    (full, rest.flatten().map(|(_, item)| item).collect())
}

#[cfg(test)]
mod tests;
