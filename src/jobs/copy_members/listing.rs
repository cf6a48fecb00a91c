//! Finds the members to copy: those of the source, minus those that the destination has.

use super::{Content, Found, Member, OneMember};
use crate::engine::{Answer, Operation, Outcome, Reply, Workload};
use crate::jobs::conversation::settle;
use crate::jobs::{Conversation, Item, ItemId, NewItem, Settlement, Stage, Step};
use serde_json::{Value, json};
use std::collections::HashSet;
use uuid::Uuid;

#[derive(Debug)]
pub(super) struct Listing {
    item: Item,
    found: Found,
    graph_root: String,
    /// Who is in the destination already.
    there: HashSet<Uuid>,
    reading: Reading,
    members: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Destination,
    Source,
}

impl Listing {
    pub(super) fn new(item: Item, found: Found, graph_root: String) -> Self {
        Self {
            item,
            found,
            graph_root,
            there: HashSet::new(),
            reading: Reading::Destination,
            members: 0,
        }
    }

    /// The first page of a group's members; 999 is the largest page (Graph: list group members).
    fn first_page(&self) -> Step {
        let (group, list, select) = match self.reading {
            Reading::Destination => (self.found.destination.id, "members", "id"),
            Reading::Source if self.found.transitive => (
                self.found.source.id,
                "transitiveMembers",
                "id,displayName,userPrincipalName",
            ),
            Reading::Source => (
                self.found.source.id,
                "members",
                "id,displayName,userPrincipalName",
            ),
        };
        self.read(format!("/groups/{group}/{list}?$select={select}&$top=999"))
    }

    /// Costs are those of "Resource unit cost per operation", one less for `$select` (Graph:
    /// throttling limits).
    fn read(&self, path: String) -> Step {
        let transitive = self.reading == Reading::Source && self.found.transitive;
        Step::Call(Operation::get(
            Workload::Directory,
            path,
            if transitive { 4 } else { 2 },
        ))
    }

    /// The page that an answer names as the next one, or `None` after the last.
    ///
    /// A link to any other host than the configured one is refused: it would carry the token there.
    fn next_page(&self, answer: &Answer) -> Result<Option<Step>, String> {
        let Some(link) = answer.text("@odata.nextLink") else {
            return Ok(None);
        };
        match link.strip_prefix(&self.graph_root) {
            Some(path) if path.starts_with('/') => Ok(Some(self.read(path.to_owned()))),
            _ => Err(
                "the service's next page is on another host than the configured one; not followed"
                    .to_owned(),
            ),
        }
    }

    fn failed(&self, why: &str) -> Step {
        let mut failed = Settlement::new(Outcome::Failed, None);
        failed.error_message = format!("{why}; members found until then are listed below");
        settle(self.item.id, failed)
    }

    fn new_member(&self, member: &OneMember) -> NewItem {
        let destination = self.found.destination.id;
        NewItem {
            key: format!("member {destination} {}", member.id),
            stage: Stage::Work,
            content: json!(Content::Member(Member {
                destination,
                id: member.id
            })),
            fields: member.fields(),
        }
    }

    /// A member with what becomes of it before anything is sent; `None` is to be added.
    fn found(&self, member: &OneMember) -> (NewItem, Option<Settlement>) {
        (
            self.new_member(member),
            self.without_sending(member.id, &member.kind),
        )
    }

    fn without_sending(&self, id: Uuid, kind: &str) -> Option<Settlement> {
        if self.found.transitive && kind == "group" {
            let hint = "A group within the source group: its members are copied instead of it.";
            return Some(Settlement::new(Outcome::Unchanged, None).hinting(hint));
        }
        if self.there.contains(&id) {
            return Some(Settlement::kept());
        }
        if id == self.found.destination.id {
            return Some(Settlement::refused("a group cannot be a member of itself"));
        }
        // An older result file may not say what kind of member it was.
        let holds = || {
            self.found
                .destination
                .cannot_hold(kind)
                .map(Settlement::refused)
        };
        if kind.is_empty() { None } else { holds() }
    }

    /// The members on a page; `None` if one has no id that could be read.
    fn members_of(&self, page: &[Value]) -> Option<Vec<(NewItem, Option<Settlement>)>> {
        page.iter()
            .map(|member| Some(self.found(&OneMember::read(member)?)))
            .collect()
    }

    fn last_step(&self) -> Step {
        if self.members > 0 {
            return Step::Expanded;
        }
        let hint = "The source group has no members.";
        settle(
            self.item.id,
            Settlement::new(Outcome::Unchanged, None).hinting(hint),
        )
    }

    fn page(&mut self, page: &[Value], next: Option<Step>) -> Step {
        if self.reading == Reading::Destination {
            let ids = page
                .iter()
                .filter_map(|member| Uuid::try_parse(member.get("id")?.as_str()?).ok());
            self.there.extend(ids);
            return next.unwrap_or_else(|| {
                self.reading = Reading::Source;
                self.first_page()
            });
        }
        let Some(items) = self.members_of(page) else {
            return self.failed("the service listed a member without an id");
        };
        self.members += u64::try_from(items.len()).unwrap_or_default();
        let then = next.unwrap_or_else(|| self.last_step());
        Step::Found {
            items,
            then: Box::new(then),
        }
    }
}

impl Conversation for Listing {
    fn items(&self) -> Vec<ItemId> {
        vec![self.item.id]
    }

    fn may_find(&self) -> bool {
        true
    }

    fn is_heavy(&self) -> bool {
        self.found.member.is_none()
    }

    fn start(&mut self) -> Step {
        match &self.found.member {
            // One member of an earlier result file: whether it is there already, the service will
            // say.
            Some(member) => {
                let items = vec![self.found(member)];
                Step::Found {
                    items,
                    then: Box::new(Step::Expanded),
                }
            }
            None => self.first_page(),
        }
    }

    fn hear(&mut self, reply: Reply) -> Step {
        let answer = match reply.into_answer() {
            Ok(answer) => answer,
            Err(why) => return self.failed(&why),
        };
        if !answer.is_success() {
            return settle(self.item.id, Settlement::failed(&answer));
        }
        let Some(page) = answer
            .json()
            .and_then(|body| body.get("value"))
            .and_then(Value::as_array)
        else {
            return self.failed("the service answered without a list of members");
        };
        match self.next_page(&answer) {
            Ok(next) => self.page(page, next),
            Err(why) => self.failed(&why),
        }
    }
}
