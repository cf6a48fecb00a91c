//! Looks up the two groups of a row, and refuses what cannot be written before anything is.

use super::group::{self, Group};
use super::{Content, Found, Pair};
use crate::engine::{Answer, Operation, Outcome, Reply, Workload};
use crate::jobs::conversation::settle;
use crate::jobs::user::segment;
use crate::jobs::{Conversation, Item, ItemId, NewItem, Settlement, Stage, Step, content};
use serde_json::Value;
use uuid::Uuid;

/// Enough to list those that share a name.
const NAMESAKES: &str = "$top=20";

#[derive(Debug)]
pub(super) struct Resolve {
    item: Item,
    pair: Pair,
    /// The source, once it was found.
    source: Option<Group>,
}

impl Resolve {
    pub(super) fn new(item: Item, pair: Pair) -> Self {
        Self {
            item,
            pair,
            source: None,
        }
    }

    fn refuse(&self, why: String) -> Step {
        settle(self.item.id, Settlement::refused(why))
    }

    fn look_up(group: &str) -> Step {
        let path = if let Ok(id) = Uuid::try_parse(group) {
            format!("/groups/{id}?{}", group::SELECT)
        } else {
            // A quote within the name is doubled (OData), and what would end the query is encoded.
            let name = segment(&group.replace('\'', "''"));
            format!(
                "/groups?$filter=displayName%20eq%20'{name}'&{}&{NAMESAKES}",
                group::SELECT
            )
        };
        Step::Call(Operation::get(Workload::Directory, path, 1))
    }

    fn found(&mut self, source: Group, destination: Group) -> Step {
        if source.id == destination.id {
            return self.refuse(format!(
                "source and destination are the same group ({})",
                source.id
            ));
        }
        if let Some(why) = destination.cannot_be_written() {
            return self.refuse(why);
        }
        let Pair {
            transitive, member, ..
        } = self.pair.clone();
        let fields = member
            .as_ref()
            .map(super::OneMember::fields)
            .unwrap_or_default();
        let listing = NewItem {
            key: format!("listing {}", self.item.id.0),
            company: None,
            stage: Stage::Work,
            content: content(&Content::Listing(Found {
                source,
                destination,
                transitive,
                member,
            })),
            fields,
        };
        Step::Found {
            items: vec![(listing, None)],
            then: Box::new(Step::Expanded),
        }
    }
}

impl Conversation for Resolve {
    fn items(&self) -> Vec<ItemId> {
        vec![self.item.id]
    }

    fn start(&mut self) -> Step {
        Self::look_up(&self.pair.source)
    }

    fn hear(&mut self, reply: Reply) -> Step {
        let (role, name) = match self.source {
            None => ("source", &self.pair.source),
            Some(_) => ("destination", &self.pair.destination),
        };
        let group = match the_one(role, name, reply) {
            Ok(group) => group,
            Err(settlement) => return settle(self.item.id, *settlement),
        };
        match self.source.take() {
            None => {
                self.source = Some(group);
                Self::look_up(&self.pair.destination)
            }
            Some(source) => self.found(source, group),
        }
    }
}

/// The one group that is meant, or how the row ends.
fn the_one(role: &str, name: &str, reply: Reply) -> Result<Group, Box<Settlement>> {
    let refuse = |why: String| Err(Box::new(Settlement::refused(why)));
    let unread = |why: String| {
        let mut failed = Settlement::new(Outcome::Failed, None);
        failed.error_message = format!("the {role} group could not be looked up: {why}");
        Box::new(failed)
    };
    let answer = reply.into_answer().map_err(unread)?;
    if answer.status == 404 {
        return refuse(format!(
            "there is no group with the id `{name}` ({role} group)"
        ));
    }
    if !answer.is_success() {
        return Err(Box::new(Settlement::failed(&answer)));
    }
    let groups = groups(&answer).ok_or_else(|| unread("the answer holds no group".to_owned()))?;
    let ids: Vec<String> = groups.iter().map(|group| group.id.to_string()).collect();
    match <[Group; 1]>::try_from(groups) {
        Ok([group]) => Ok(group),
        Err(none) if none.is_empty() => refuse(format!(
            "there is no group with the name `{name}` ({role} group)"
        )),
        Err(_) => refuse(format!(
            "several groups have the name `{name}` ({role} group); write the id of the right one: {}",
            ids.join(", ")
        )),
    }
}

/// The groups in an answer: a list, or one. `None` if one of them cannot be read.
fn groups(answer: &Answer) -> Option<Vec<Group>> {
    let body = answer.json()?;
    match body.get("value").and_then(Value::as_array) {
        Some(list) => list.iter().map(Group::read).collect(),
        None => Some(vec![Group::read(body)?]),
    }
}
