//! Finds the members to copy: those of the source, page by page.
//!
//! The destination may be read at the same time. What is known of it when a page arrives is used at
//! once; otherwise the members on the page wait for it.

use super::destination::Destination;
use super::page::{self, Pages};
use super::{Found, OneMember, company_of_named};
use crate::engine::{Outcome, Reply};
use crate::jobs::conversation::settle;
use crate::jobs::{Conversation, Item, ItemId, NewItem, Settlement, Step};
use serde_json::Value;
use std::rc::Rc;

#[derive(Debug)]
pub(super) struct Listing {
    item: Item,
    found: Found,
    destination: Rc<Destination>,
    pages: Pages,
    members: u64,
}

impl Listing {
    pub(super) fn new(
        item: Item,
        found: Found,
        destination: Rc<Destination>,
        graph_root: &str,
    ) -> Self {
        let list = if found.transitive {
            "transitiveMembers"
        } else {
            "members"
        };
        let source = found.source.id;
        let path =
            format!("/groups/{source}/{list}?$select=id,displayName,userPrincipalName&$top=999");
        Self {
            item,
            pages: Pages::new(path, found.transitive, graph_root),
            found,
            destination,
            members: 0,
        }
    }

    /// A member with what becomes of it before anything is sent; `None` is to be added, or has to
    /// wait until the destination is known.
    fn found(&self, member: &OneMember) -> (NewItem, Option<Settlement>) {
        let outside = self.found.cannot_be_added(member);
        let known = self.destination.holds(member.id);
        let ending = self.found.left_out(member).or_else(|| {
            if known? {
                return Some(Settlement::kept());
            }
            outside.map(Settlement::refused)
        });
        let outside = outside.filter(|_| known.is_none());
        let company = self.destination.company.clone();
        (self.found.new_member(member, company, outside), ending)
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

    fn failed(&self, mut failed: Settlement) -> Step {
        if failed.http_status.is_none() {
            failed
                .error_message
                .push_str("; members found until then are listed below");
        }
        settle(self.item.id, failed)
    }
}

impl Conversation for Listing {
    fn items(&self) -> Vec<ItemId> {
        vec![self.item.id]
    }

    fn is_heavy(&self) -> bool {
        true
    }

    fn awaited_by(&self) -> Option<&str> {
        Some(&self.destination.company)
    }

    fn start(&mut self) -> Step {
        Step::Call(self.pages.ask())
    }

    fn hear(&mut self, reply: Reply) -> Step {
        if let Some(why) = self.destination.unreadable() {
            return self.failed(why);
        }
        let answer = reply.into_answer();
        let (members, follows) = match self.pages.read(&answer) {
            Ok(page) => page,
            Err(failed) => return self.failed(*failed),
        };
        let Some(items) = self.members_of(members) else {
            return self.failed(page::unread("the service listed a member without an id"));
        };
        self.members += u64::try_from(items.len()).unwrap_or_default();
        let then = if follows {
            Step::Call(self.pages.ask())
        } else {
            self.last_step()
        };
        Step::Found {
            items,
            then: Box::new(then),
        }
    }
}

/// One member of an earlier result file. Whether it is there already, the service will say: to read
/// a whole group for it would take longer.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) item: Item,
    pub(super) found: Found,
    pub(super) member: OneMember,
}

impl Conversation for Named {
    fn items(&self) -> Vec<ItemId> {
        vec![self.item.id]
    }

    fn start(&mut self) -> Step {
        let outside = || self.found.cannot_be_added(&self.member);
        let ending = self.found.left_out(&self.member);
        let ending = ending.or_else(|| outside().map(Settlement::refused));
        let company = company_of_named(self.found.destination.id);
        let new = self.found.new_member(&self.member, company, None);
        Step::Found {
            items: vec![(new, ending)],
            then: Box::new(Step::Expanded),
        }
    }

    /// It asks nothing, so there is nothing to hear.
    fn hear(&mut self, _reply: Reply) -> Step {
        self.start()
    }
}
