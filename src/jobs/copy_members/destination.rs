//! Who is in a destination already.
//!
//! A PATCH is all or nothing, so one member who is there fails all that travel with it: a
//! destination is read to its end before anything is added to it. It is read once for all rows that
//! copy to it, while their sources are being read.

use super::Member;
use super::page::Pages;
use crate::engine::{Outcome, Reply};
use crate::jobs::{Conversation, Item, ItemId, Settlement, Step};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use uuid::Uuid;

/// Ids in memory above which no further group is read: 16 MB.
const LADEN: usize = 1_000_000;

/// The destinations that are wanted at the moment.
#[derive(Debug, Default)]
pub(super) struct Destinations(RefCell<BTreeMap<Uuid, Rc<Destination>>>);

impl Destinations {
    /// A destination, with the conversation that reads it if it is a new one.
    pub(super) fn get(&self, id: Uuid, graph_root: &str) -> (Rc<Destination>, Option<Reading>) {
        let mut destinations = self.0.borrow_mut();
        if let Some(destination) = destinations.get(&id) {
            return (Rc::clone(destination), None);
        }
        let destination = Rc::new(Destination {
            id,
            company: id.to_string(),
            members: RefCell::new(Members::Reading(Vec::new())),
        });
        destinations.insert(id, Rc::clone(&destination));
        let path = format!("/groups/{id}/members?$select=id&$top=999");
        let reading = Reading {
            destination: Rc::clone(&destination),
            pages: Pages::new(path, false, graph_root),
        };
        (destination, Some(reading))
    }

    /// Whether a listing may still find members for it: then that listing holds it too, besides
    /// these and the caller.
    pub(super) fn are_listed_for(destination: &Rc<Destination>) -> bool {
        Rc::strong_count(destination) > 2
    }

    /// Forgets a destination for which nothing is left to do at present.
    pub(super) fn forget(&self, destination: &Destination) {
        self.0.borrow_mut().remove(&destination.id);
    }

    /// Whether as much is in memory as should be.
    pub(super) fn are_laden(&self) -> bool {
        let destinations = self.0.borrow();
        let held = destinations.values().map(|destination| destination.len());
        held.sum::<usize>() >= LADEN
    }
}

/// A group that members are copied to.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) id: Uuid,
    /// See [`crate::jobs::NewItem::company`].
    pub(super) company: String,
    members: RefCell<Members>,
}

#[derive(Debug)]
enum Members {
    /// As far as the list was read.
    Reading(Vec<Uuid>),
    /// All of them, sorted.
    Known(Vec<Uuid>),
    /// The list could not be read; this is how those end who were to be added.
    Unreadable(Settlement),
}

impl Destination {
    /// Whether somebody is a member; `None` while that is not known.
    pub(super) fn holds(&self, id: Uuid) -> Option<bool> {
        match &*self.members.borrow() {
            Members::Known(members) => Some(members.binary_search(&id).is_ok()),
            _ => None,
        }
    }

    /// Whether the list has ended, well or badly.
    pub(super) fn is_read(&self) -> bool {
        !matches!(&*self.members.borrow(), Members::Reading(_))
    }

    /// How a member ends for whom nothing needs to be sent; `None` is to be added.
    pub(super) fn ending(&self, member: &Member, item: &Item) -> Option<Settlement> {
        if self.holds(member.id) == Some(true) {
            return Some(Settlement::kept());
        }
        let refused = || member.cannot_be_added.clone().map(Settlement::refused);
        let mut why = self.unreadable().or_else(refused)?;
        // An earlier process may have added it.
        if item.sent.is_some() {
            why.outcome = Outcome::InDoubt;
        }
        Some(why)
    }

    /// How those end who were to be added, where nobody can say who is there.
    pub(super) fn unreadable(&self) -> Option<Settlement> {
        match &*self.members.borrow() {
            Members::Unreadable(why) => Some(why.clone()),
            _ => None,
        }
    }

    fn len(&self) -> usize {
        match &*self.members.borrow() {
            Members::Reading(members) | Members::Known(members) => members.len(),
            Members::Unreadable(_) => 0,
        }
    }

    /// Takes in a page, the last one of which nothing `follows`.
    fn take_in(&self, members: &[Value], follows: bool) {
        let ids = members
            .iter()
            .filter_map(|member| member.get("id").and_then(Value::as_str))
            .filter_map(|id| Uuid::try_parse(id).ok());
        let mut members = self.members.borrow_mut();
        if let Members::Reading(so_far) = &mut *members {
            so_far.extend(ids);
            if !follows {
                so_far.sort_unstable();
                *members = Members::Known(std::mem::take(so_far));
            }
        }
    }
}

/// Reads the members of a destination, page by page. It is about no item: everybody who waits for
/// it looks at the [`Destination`].
#[derive(Debug)]
pub(super) struct Reading {
    destination: Rc<Destination>,
    pages: Pages,
}

impl Conversation for Reading {
    fn items(&self) -> Vec<ItemId> {
        Vec::new()
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
        match self.pages.read(&reply.into_answer()) {
            Ok((members, follows)) => {
                self.destination.take_in(members, follows);
                if follows {
                    Step::Call(self.pages.ask())
                } else {
                    Step::Settle(Vec::new())
                }
            }
            Err(mut failed) => {
                failed.error_message = format!(
                    "the members of the destination group could not be listed: {}",
                    failed.error_message
                );
                *self.destination.members.borrow_mut() = Members::Unreadable(*failed);
                Step::Settle(Vec::new())
            }
        }
    }
}
