//! Copies the members of one group to another.
//!
//! A row is a pair of groups. It becomes, in turn: a *pair*, which is looked up and checked before
//! anything is written ([`resolve`]); a *listing*, which reads the source page by page and finds
//! the members ([`listing`]); and the *members*, which are added up to 20 at a time ([`add`]), once
//! it is known who is in the destination already ([`destination`]).

mod add;
mod destination;
mod group;
mod listing;
mod page;
mod resolve;

use super::{
    Column, Conversation, Fields, Item, Job, JobOption, NewItem, OptionError, Refusal, Settings,
    Settlement, Stage, Work, content,
};
use crate::engine::Outcome;
use add::{Add, Ended, Unreadable};
use destination::Destinations;
use group::Group;
use listing::{Listing, Named};
use resolve::Resolve;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
        Ok(Box::new(Copy::new(&settings.graph_root)))
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

impl Found {
    /// How a group ends whose own members are copied in its place.
    fn left_out(&self, member: &OneMember) -> Option<Settlement> {
        let hint = "A group within the source group: its members are copied instead of it.";
        (self.transitive && member.kind == "group")
            .then(|| Settlement::new(Outcome::Unchanged, None).hinting(hint))
    }

    /// Why the destination could not take a member, should it not be there already.
    fn cannot_be_added(&self, member: &OneMember) -> Option<&'static str> {
        if member.id == self.destination.id {
            return Some("a group cannot be a member of itself");
        }
        // An older result file may not say what kind of member it was.
        if member.kind.is_empty() {
            return None;
        }
        self.destination.cannot_hold(&member.kind)
    }

    fn new_member(
        &self,
        member: &OneMember,
        company: String,
        cannot_be_added: Option<&str>,
    ) -> NewItem {
        let destination = self.destination.id;
        NewItem {
            key: format!("member {destination} {}", member.id),
            company: Some(company),
            stage: Stage::Work,
            content: content(&Content::Member(Member {
                destination,
                id: member.id,
                cannot_be_added: cannot_be_added.map(str::to_owned),
            })),
            fields: member.fields(),
        }
    }
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
    /// Why it is not to be sent, should it not be there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cannot_be_added: Option<String>,
}

/// The members that rows name one by one wait for nobody, so they travel apart from those that were
/// found.
fn company_of_named(destination: Uuid) -> String {
    format!("{NAMED}{destination}")
}

const NAMED: &str = "named for ";

/// The job with its options.
#[derive(Debug)]
struct Copy {
    graph_root: String,
    destinations: Destinations,
}

impl Copy {
    fn new(graph_root: &str) -> Self {
        Self {
            graph_root: graph_root.to_owned(),
            destinations: Destinations::default(),
        }
    }

    /// Reads the source, and the destination if nobody does so yet.
    fn list(&self, item: Item, mut found: Found) -> Vec<Box<dyn Conversation>> {
        if let Some(member) = found.member.take() {
            let named = Named {
                item,
                found,
                member,
            };
            return vec![Box::new(named)];
        }
        let graph_root = &self.graph_root;
        let (destination, reading) = self.destinations.get(found.destination.id, graph_root);
        let listing = Listing::new(item, found, destination, graph_root);
        let reading = reading.map(|reading| Box::new(reading) as Box<dyn Conversation>);
        reading
            .into_iter()
            .chain([Box::new(listing) as _])
            .collect()
    }

    /// Adds those members who are not there already. While nobody knows who is there, all come back.
    fn add_missing(
        &self,
        destination: Uuid,
        members: Vec<(Member, Item)>,
        all: bool,
    ) -> (Vec<Box<dyn Conversation>>, Vec<Item>) {
        let (destination, reading) = self.destinations.get(destination, &self.graph_root);
        if !destination.is_read() {
            let reading = reading.map(|reading| Box::new(reading) as _);
            let waiting = members.into_iter().map(|(_, item)| item);
            return (reading.into_iter().collect(), waiting.collect());
        }
        let (mut missing, mut ended) = (Vec::new(), Vec::new());
        for (member, item) in members {
            match destination.ending(&member, &item) {
                Some(ending) => ended.push((item.id, ending)),
                None => missing.push((member, item)),
            }
        }
        let no_more = all && !Destinations::are_listed_for(&destination);
        let (mut conversations, rest) = self.add(destination.id, missing, no_more);
        if !ended.is_empty() {
            conversations.push(Box::new(Ended(ended)));
        }
        if no_more {
            self.destinations.forget(&destination);
        }
        (conversations, rest)
    }

    /// Adds members, [`MEMBERS_AT_ONCE`] at a time. Those who are too few come back, unless these
    /// are `all`.
    fn add(
        &self,
        destination: Uuid,
        mut members: Vec<(Member, Item)>,
        all: bool,
    ) -> (Vec<Box<dyn Conversation>>, Vec<Item>) {
        let rest = members.len() % MEMBERS_AT_ONCE;
        let rest = members.split_off(members.len() - if all { 0 } else { rest });
        let add = |members: &[(Member, Item)]| {
            Box::new(Add::new(destination, members, &self.graph_root)) as Box<dyn Conversation>
        };
        (
            members.chunks(MEMBERS_AT_ONCE).map(add).collect(),
            rest.into_iter().map(|(_, item)| item).collect(),
        )
    }
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
            company: None,
            stage: Stage::Check,
            content: content(&Content::Pair(pair)),
            fields,
        })
    }

    fn converse(&self, items: Vec<Item>) -> Vec<Box<dyn Conversation>> {
        let converse = |item: Item| match serde_json::from_str(&item.content) {
            // For groups nothing is ever written, whatever the run file says.
            _ if item.sent.is_some() => vec![Box::new(Unreadable(item)) as _],
            Ok(Content::Pair(pair)) => vec![Box::new(Resolve::new(item, pair)) as _],
            Ok(Content::Listing(found)) => self.list(item, found),
            Ok(Content::Member(_)) | Err(_) => vec![Box::new(Unreadable(item)) as _],
        };
        items.into_iter().flat_map(converse).collect()
    }

    fn together(
        &self,
        company: &str,
        items: Vec<Item>,
        all: bool,
    ) -> (Vec<Box<dyn Conversation>>, Vec<Item>) {
        let (named, id) = match company.strip_prefix(NAMED) {
            Some(id) => (true, id),
            None => (false, company),
        };
        let id = Uuid::try_parse(id).unwrap_or_default();
        let mut conversations: Vec<Box<dyn Conversation>> = Vec::new();
        let mut members = Vec::new();
        for item in items {
            match serde_json::from_str(&item.content) {
                Ok(Content::Member(member)) if member.destination == id => {
                    members.push((member, item));
                }
                _ => conversations.push(Box::new(Unreadable(item))),
            }
        }
        let (more, rest) = if named {
            self.add(id, members, all)
        } else {
            self.add_missing(id, members, all)
        };
        conversations.extend(more);
        (conversations, rest)
    }

    fn is_laden(&self) -> bool {
        self.destinations.are_laden()
    }
}

#[cfg(test)]
mod tests;
