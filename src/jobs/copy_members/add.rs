//! Adds up to 20 members to a group with one request.
//!
//! The request is all or nothing, and its refusal does not say which member it minds (observed: one
//! who is there already fails all 20). So what is refused is split in halves until the guilty one
//! stands alone. Adding is idempotent: a lost answer is no reason to look, only to send again.

use super::Member;
use crate::engine::{Answer, Effect, Method, Operation, Reply, Workload, is_concurrency_violation};
use crate::jobs::conversation::{settle, unreadable};
use crate::jobs::{Action, Conversation, Item, ItemId, Settlement, Step};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Different members to be added to one group together.
#[derive(Debug)]
pub(super) struct Add {
    destination: Uuid,
    /// The ids of the members, and of the items that ask for them.
    members: Vec<(Uuid, ItemId)>,
    graph_root: String,
    /// Whether an earlier process sent one of them.
    was_sent: bool,
    /// How often the service said that an object is not there yet.
    not_replicated: u32,
    /// How often it was given up for writers who met at the group.
    collided: u32,
    called: bool,
    /// Whether an earlier try may have added them, so that no refusal proves that they are not
    /// there.
    doubt: bool,
}

impl Add {
    pub(super) fn new(destination: Uuid, members: &[(Member, Item)], graph_root: &str) -> Self {
        let was_sent = members.iter().any(|(_, item)| item.sent.is_some());
        Self {
            destination,
            members: members
                .iter()
                .map(|(member, item)| (member.id, item.id))
                .collect(),
            graph_root: graph_root.to_owned(),
            was_sent,
            not_replicated: 0,
            collided: 0,
            called: false,
            doubt: was_sent,
        }
    }

    fn call(&mut self, delay: Duration) -> Step {
        self.called = true;
        let destination = self.destination;
        let link = |(id, _): &(Uuid, ItemId)| format!("{}/directoryObjects/{id}", self.graph_root);
        let links: Vec<String> = self.members.iter().map(link).collect();
        let body = json!({"members@odata.bind": links});
        let path = format!("/groups/{destination}");
        let call = Operation::write(
            Method::Patch,
            Workload::Directory,
            path,
            body,
            Effect::Idempotent,
        );
        Step::Call(call.on(destination.to_string()).after(delay))
    }

    fn settle_all(&self, settlement: &Settlement) -> Step {
        Step::Settle(
            self.members
                .iter()
                .map(|(_, item)| (*item, settlement.clone()))
                .collect(),
        )
    }

    fn divide(&mut self) -> Step {
        let mut one = std::mem::take(&mut self.members);
        let other = one.split_off(one.len() / 2);
        let half = |members| {
            let half = Self {
                members,
                graph_root: self.graph_root.clone(),
                not_replicated: 0,
                called: false,
                ..*self
            };
            Box::new(half) as Box<dyn Conversation>
        };
        Step::Divide(vec![half(one), half(other)])
    }

    /// Whether a refusal is about the group or the caller, so that every part of it would be
    /// refused too.
    fn is_about_all(&self, answer: &Answer) -> bool {
        !matches!(answer.status, 400 | 404)
            || is_concurrency_violation(answer)
            || answer.says(&self.destination.to_string())
    }

    fn declined(&mut self, answer: &Answer) -> Step {
        if is_concurrency_violation(answer) && self.collided < COLLISIONS {
            self.collided += 1;
            return self.call(Duration::ZERO);
        }
        if self.is_about_all(answer) {
            return self.refused(answer);
        }
        if self.members.len() > 1 {
            return self.divide();
        }
        if answer.says("added object references already exist") {
            return self.settle_all(&Settlement::kept().answered_by(answer));
        }
        match NOT_REPLICATED.get(usize::try_from(self.not_replicated).unwrap_or(usize::MAX)) {
            Some(delay) if answer.says("objects being referenced don't exist") => {
                self.not_replicated += 1;
                self.call(*delay)
            }
            _ => self.refused(answer),
        }
    }

    /// The service will not add them.
    fn refused(&self, answer: &Answer) -> Step {
        let doubt = || Settlement::in_doubt("").because_of(answer);
        self.settle_all(&if self.doubt {
            doubt()
        } else {
            Settlement::failed(answer)
        })
    }

    fn lost(&mut self, why: &str) -> Step {
        self.doubt = true;
        if self.members.len() > 1 {
            return self.divide();
        }
        self.settle_all(&Settlement::in_doubt(why))
    }
}

/// A new object is not known everywhere at once; this refusal is documented as one to repeat
/// (Graph: add members).
const NOT_REPLICATED: [Duration; 3] = [
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
];

/// Writers who meet say nothing against the members, so it takes this many times the usual number
/// of tries until they are given up for it.
pub(super) const COLLISIONS: u32 = 9;

impl Conversation for Add {
    fn items(&self) -> Vec<ItemId> {
        self.members.iter().map(|(_, item)| *item).collect()
    }

    fn was_sent(&self) -> bool {
        self.was_sent
    }

    fn start(&mut self) -> Step {
        self.call(Duration::ZERO)
    }

    fn hear(&mut self, reply: Reply) -> Step {
        match reply {
            // An earlier process sent it and never knew.
            Reply::Unknown(_) if !self.called => self.call(Duration::ZERO),
            Reply::Doubtful(answer) if !answer.is_after_all_unknown() => {
                self.doubt = true;
                self.declined(&answer)
            }
            Reply::Unsent(why) if !self.doubt => self.settle_all(&Settlement::unsent(why)),
            reply => match reply.into_answer() {
                Err(why) => self.lost(&why),
                Ok(answer) if answer.is_success() => {
                    self.settle_all(&Settlement::succeeded(Action::Added).answered_by(&answer))
                }
                Ok(answer) => self.declined(&answer),
            },
        }
    }
}

/// Members for whom nothing needs to be sent.
#[derive(Debug)]
pub(super) struct Ended(pub(super) Vec<(ItemId, Settlement)>);

impl Conversation for Ended {
    fn items(&self) -> Vec<ItemId> {
        self.0.iter().map(|(item, _)| *item).collect()
    }

    fn start(&mut self) -> Step {
        Step::Settle(std::mem::take(&mut self.0))
    }

    fn hear(&mut self, _reply: Reply) -> Step {
        self.start()
    }
}

/// An item that this job did not write.
#[derive(Debug)]
pub(super) struct Unreadable(pub(super) Item);

impl Conversation for Unreadable {
    fn items(&self) -> Vec<ItemId> {
        vec![self.0.id]
    }

    fn was_sent(&self) -> bool {
        self.0.sent.is_some()
    }

    fn start(&mut self) -> Step {
        unreadable(&self.0)
    }

    fn hear(&mut self, _reply: Reply) -> Step {
        settle(
            self.0.id,
            Settlement::in_doubt("the run file holds something else than this job wrote"),
        )
    }
}
