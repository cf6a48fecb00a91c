//! The conversation about one pass.
//!
//! A POST replaces whatever pass there is, so a look comes first. A pass is shown once, in the
//! answer that makes it: where that answer was lost, the pass that it made was seen by nobody, and
//! a new one takes its place. A pass that somebody else made is told apart by when it was made and by
//! what it is: a write whose answer was lost takes effect soon or never, so what was made before or
//! later is somebody else's.
//!
//! One thing remains. Who is given a pass by somebody else within those minutes, made exactly as the
//! row asks for, loses it: nothing in what the service says tells it from ours. The line then says
//! `replaced`, and warns.

use super::pass::Pass;
use super::{OnExisting, Wish};
use crate::engine::{Answer, Effect, Method, Operation, Outcome, Reply, Workload};
use crate::jobs::conversation::{MAY_STILL_RUN, settle, unreadable};
use crate::jobs::{Action, Conversation, Item, ItemId, Sent, Settlement, Step, user};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;
use time::OffsetDateTime;

/// After so many writes without a usable answer the row is given up.
const WRITES_AT_MOST: u32 = 5;

#[derive(Debug)]
pub(super) struct Exchange {
    item: Item,
    wish: Option<Wish>,
    on_existing: OnExisting,
    state: State,
    /// The pass that the first look found, if this process looked before it wrote.
    before: Option<String>,
    /// Whether a look found a usable pass, so that a new one takes its place.
    found_usable: bool,
    writes: u32,
    /// When the write that is under way was sent.
    sent_at: Option<OffsetDateTime>,
    /// When the writes were sent whose answers were lost.
    lost: Option<Sent>,
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

impl Exchange {
    pub(super) fn new(item: Item, on_existing: OnExisting) -> Self {
        let wish = serde_json::from_str(&item.content).ok();
        // If there is a first reply to hear without a look, it is that of a write by an earlier
        // process.
        Self {
            lost: item.sent,
            item,
            wish,
            on_existing,
            state: State::Writing,
            before: None,
            found_usable: false,
            writes: 0,
            sent_at: None,
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
        self.before = found.as_ref().map(|pass| pass.id.clone());
        match found {
            Some(pass) if self.is_usable(&pass) => self.usable_pass(wish, &pass),
            _ => self.write(wish),
        }
    }

    /// Whether a pass that was found is usable, which is remembered.
    fn is_usable(&mut self, pass: &Pass) -> bool {
        self.found_usable |= pass.is_usable();
        pass.is_usable()
    }

    /// Somebody may hold this pass.
    fn usable_pass(&mut self, wish: &Wish, pass: &Pass) -> Step {
        match self.on_existing {
            OnExisting::Replace => self.write(wish),
            OnExisting::Keep => {
                let hint = "A usable pass was issued already and is left as it is. If it is lost, put \
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
        let sent_at = self.sent_at.take();
        if let Reply::Unsent(why) = reply {
            return self.settle(self.unsent(why));
        }
        let why = match reply.into_answer() {
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
        if let Some(at) = sent_at {
            self.lost = Some(self.lost.map_or(Sent::at(at), |lost| lost.and_at(at)));
        }
        self.look(wish, State::Verifying(why))
    }

    /// The write never left. Whatever was sent before it, a look has shown what came of that.
    fn unsent(&self, why: String) -> Settlement {
        match self.lost {
            _ if self.unseen => Settlement::unsent_in_doubt(why),
            Some(_) => Settlement::unsent_again(why),
            None => Settlement::unsent(why),
        }
    }

    fn issued(&self, answer: &Answer, secret: SecretString, pass: &Pass) -> Step {
        let action = if self.found_usable {
            Action::Replaced
        } else {
            Action::Created
        };
        let mut settlement = Settlement::succeeded(action).answered_by(answer);
        settlement.secret = Some(secret);
        if self.unseen && self.found_usable {
            settlement = settlement.hinting(REPLACED_OURS);
        }
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
            Some(pass) => {
                let usable = self.is_usable(&pass);
                match self.is_ours(wish, &pass) {
                    Some(false) => Some(pass).filter(|_| usable),
                    // One that opens nothing is worth as much as none, whoever made it.
                    ours if ours == Some(true) || !usable => {
                        self.unseen = true;
                        None
                    }
                    _ => {
                        let said = "there is a pass, and nobody can say whose it is";
                        let doubt = Settlement::in_doubt(format!("{why}; {said}"));
                        return self.settle(doubt.hinting(WHOSE));
                    }
                }
            }
        };
        match theirs {
            Some(pass) => self.usable_pass(wish, &pass),
            None => self.write(wish),
        }
    }

    /// Whether a pass is the one that a lost write made, so that nobody has seen it. `None` if nobody
    /// can say: it was made then, and is not as it was asked for.
    fn is_ours(&self, wish: &Wish, pass: &Pass) -> Option<bool> {
        if self.before.as_ref() == Some(&pass.id) {
            return Some(false);
        }
        let made_then = self.lost?.can_have_made(pass.created?);
        match (made_then, pass.is_as_asked(wish)) {
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
        self.item.sent.is_some()
    }

    fn sending(&mut self, at: OffsetDateTime) {
        self.sent_at = Some(at);
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

/// What a line says whose new pass took the place of one that must be ours.
const REPLACED_OURS: &str = "The answer to the first try was lost, and the pass that it made, which nobody can have \
     seen, was replaced by this one. Only if somebody else issued a pass for this person in those \
     same minutes, it has ended: hand out this one.";

/// What to do about a pass that may be ours or somebody else's.
const WHOSE: &str = "The person has a pass that was made when the answer was lost, and not as this row asks for. \
     Ask whoever else issues passes. If nobody holds it, delete it (Entra admin center > the person > \
     Authentication methods) and use `bulkgraph retry RUN --status in_doubt`.";

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
