//! The conversation about one pass.
//!
//! A POST replaces whatever pass there is, so a look comes first. A pass is shown once, in the
//! answer that makes it: where that answer was lost, the pass that it made was seen by nobody, and
//! a new one takes its place. A pass that somebody else made meanwhile is told apart by when it was
//! made and by what it is.

use super::pass::Pass;
use super::{OnExisting, Wish};
use crate::engine::{Answer, Effect, Method, Operation, Outcome, Reply, Workload};
use crate::jobs::conversation::{MAY_STILL_RUN, settle, unreadable};
use crate::jobs::{Action, Conversation, Item, ItemId, Settlement, Step, user};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;

/// After so many writes without a usable answer the row is given up.
const WRITES_AT_MOST: u32 = 5;

#[derive(Debug)]
pub(super) struct Exchange {
    item: Item,
    wish: Option<Wish>,
    on_existing: OnExisting,
    state: State,
    /// The pass that the first look found, if this process looked before it wrote.
    before: Option<Before>,
    writes: u32,
    /// Whether a lost write of ours made a pass, which the person has and nobody knows.
    unseen: bool,
}

#[derive(Debug)]
enum State {
    /// The first look is under way.
    Looking,
    /// The pass is being made.
    Writing,
    /// A look is under way, because the answer to the write was lost for this reason.
    Verifying(String),
}

/// What the first look found.
#[derive(Clone, Debug)]
struct Before {
    pass: Option<String>,
    usable: bool,
}

impl Exchange {
    pub(super) fn new(item: Item, on_existing: OnExisting) -> Self {
        let wish = serde_json::from_str(&item.content).ok();
        // If there is a first reply to hear without a look, it is that of a write by an earlier
        // process.
        Self {
            item,
            wish,
            on_existing,
            state: State::Writing,
            before: None,
            writes: 0,
            unseen: false,
        }
    }

    fn settle(&self, settlement: Settlement) -> Step {
        settle(self.item.id, settlement)
    }

    fn look(&mut self, wish: &Wish, state: State) -> Step {
        let delay = if matches!(state, State::Verifying(_)) {
            MAY_STILL_RUN
        } else {
            Duration::ZERO
        };
        self.state = state;
        let path = format!(
            "{}/authentication/temporaryAccessPassMethods",
            user::path(&wish.user)
        );
        Step::Call(Operation::get(Workload::AuthenticationMethods, path, 1).after(delay))
    }

    fn write(&mut self, wish: &Wish) -> Step {
        if self.writes >= WRITES_AT_MOST {
            let sent = format!("sent {} times without a usable answer", self.writes);
            return self.settle(Settlement::in_doubt(sent));
        }
        self.writes += 1;
        self.state = State::Writing;
        let mut body = json!({"isUsableOnce": wish.once});
        if let Some(minutes) = wish.lifetime {
            body["lifetimeInMinutes"] = json!(minutes);
        }
        if let Some(start) = &wish.start {
            body["startDateTime"] = json!(start);
        }
        let path = format!(
            "{}/authentication/temporaryAccessPassMethods",
            user::path(&wish.user)
        );
        Step::Call(Operation::write(
            Method::Post,
            Workload::AuthenticationMethods,
            path,
            body,
            Effect::Once,
        ))
    }

    /// The first look.
    fn looked(&mut self, wish: &Wish, reply: Reply) -> Step {
        let found = match current(reply) {
            Ok(found) => found,
            Err(Unreadable::Declined(answer)) => return self.settle(Settlement::failed(&answer)),
            Err(Unreadable::Lost(why)) => return self.settle(not_sent(why)),
        };
        let usable = found.as_ref().is_some_and(Pass::is_usable);
        self.before = Some(Before {
            pass: found.as_ref().map(|pass| pass.id.clone()),
            usable,
        });
        match found {
            Some(pass) if usable => self.usable_pass(wish, &pass),
            _ => self.write(wish),
        }
    }

    /// Somebody may hold this pass.
    fn usable_pass(&mut self, wish: &Wish, pass: &Pass) -> Step {
        match self.on_existing {
            OnExisting::Replace => self.write(wish),
            OnExisting::Keep => {
                let hint = "A usable pass was issued earlier and is left as it is. If it is lost, put \
                            this row into a file of its own and use `--on-existing replace`.";
                self.settle(pass.describe(Settlement::kept()).hinting(hint))
            }
            OnExisting::Fail => {
                let mut failed = Settlement::new(Outcome::Failed, Some(Action::Kept));
                "the person has a usable pass already".clone_into(&mut failed.error_message);
                self.settle(pass.describe(failed))
            }
        }
    }

    fn written(&mut self, wish: &Wish, reply: Reply) -> Step {
        if let (Reply::Unsent(why), false) = (&reply, self.unseen) {
            return self.settle(Settlement::unsent(why.clone()));
        }
        let lost = match reply.into_answer() {
            Err(why) => why,
            Ok(answer) if answer.is_success() => {
                let pass = answer.json().map(Pass::read);
                let seen = pass.and_then(|mut pass| Some((pass.secret.take()?, pass)));
                if let Some((secret, pass)) = seen {
                    return self.issued(&answer, secret, &pass);
                }
                self.unseen = true;
                "the answer held no pass".to_owned()
            }
            Ok(answer) if self.unseen => {
                return self.settle(Settlement::in_doubt("").because_of(&answer));
            }
            Ok(answer) => return self.settle(Settlement::failed(&answer)),
        };
        self.look(wish, State::Verifying(lost))
    }

    fn issued(&self, answer: &Answer, secret: SecretString, pass: &Pass) -> Step {
        let replaced = self.before.as_ref().is_some_and(|before| before.usable);
        let action = if replaced {
            Action::Replaced
        } else {
            Action::Created
        };
        let mut settlement = Settlement::succeeded(action).answered_by(answer);
        settlement.secret = Some(secret);
        self.settle(pass.describe(settlement))
    }

    /// A look after a write whose answer was lost.
    fn verified(&mut self, wish: &Wish, why: &str, reply: Reply) -> Step {
        let Ok(found) = current(reply) else {
            return self.settle(Settlement::in_doubt(format!(
                "{why}; whether there is a pass could not be read"
            )));
        };
        let theirs = match found {
            None => None,
            Some(pass) => match self.is_ours(wish, &pass) {
                Some(false) => Some(pass).filter(Pass::is_usable),
                // One that opens nothing is worth as much as none, whoever made it.
                ours if ours == Some(true) || !pass.is_usable() => {
                    self.unseen = true;
                    None
                }
                _ => {
                    let said = "there is a pass, and nobody can say whose it is";
                    return self.settle(Settlement::in_doubt(format!("{why}; {said}")));
                }
            },
        };
        match theirs {
            Some(pass) => self.usable_pass(wish, &pass),
            None => self.write(wish),
        }
    }

    /// Whether a usable pass is the one that the lost write made, so that nobody has seen it.
    /// `None` if nobody can say: it was made since, and is not as it was asked for.
    fn is_ours(&self, wish: &Wish, pass: &Pass) -> Option<bool> {
        let is_new = match (&self.before, self.item.sent_at) {
            (Some(before), _) => before.pass.as_deref() != Some(&pass.id),
            (None, sent_at) => pass.was_made_after(sent_at?)?,
        };
        match (is_new, pass.is_as_asked(wish)) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => None,
        }
    }
}

impl Conversation for Exchange {
    fn items(&self) -> Vec<ItemId> {
        vec![self.item.id]
    }

    fn was_sent(&self) -> bool {
        self.item.sent_at.is_some()
    }

    fn start(&mut self) -> Step {
        match self.wish.clone() {
            Some(wish) => self.look(&wish, State::Looking),
            None => unreadable(&self.item),
        }
    }

    fn hear(&mut self, reply: Reply) -> Step {
        let Some(wish) = self.wish.clone() else {
            return unreadable(&self.item);
        };
        match std::mem::replace(&mut self.state, State::Writing) {
            State::Looking => self.looked(&wish, reply),
            State::Writing => self.written(&wish, reply),
            State::Verifying(why) => self.verified(&wish, &why, reply),
        }
    }
}

/// Why a look saw nothing.
enum Unreadable {
    Declined(Box<Answer>),
    Lost(String),
}

/// The pass in the reply to a look: a person has one at most.
fn current(reply: Reply) -> Result<Option<Pass>, Unreadable> {
    let answer = reply.into_answer().map_err(Unreadable::Lost)?;
    if !answer.is_success() {
        return Err(Unreadable::Declined(Box::new(answer)));
    }
    let list = answer
        .json()
        .and_then(|body| body.get("value"))
        .and_then(Value::as_array);
    let list =
        list.ok_or_else(|| Unreadable::Lost("the answer held no list of passes".to_owned()))?;
    Ok(list.first().map(Pass::read))
}

fn not_sent(why: String) -> Settlement {
    let mut failed = Settlement::new(Outcome::Failed, None);
    failed.error_message = why;
    failed.hinting("Nothing was sent for this row but a look. Run it again.")
}

#[cfg(test)]
mod tests;
