//! The conversation about one phone number.
//!
//! POST first, because most people of a wave have no number yet. Where the service declines, which
//! status and code say "there is one already" is not documented, so the answer is to look: the
//! slot's content decides, not the error's words. A number is never deleted to make room: a failed
//! POST after it would leave the person with none.

use super::{OnExisting, PhoneType, RESULT_NUMBER, RESULT_SMS, Wish, number};
use crate::engine::{Answer, Effect, Method, Operation, Outcome, Reply, Workload};
use crate::jobs::conversation::{MAY_STILL_RUN, settle, unreadable};
use crate::jobs::{Action, Conversation, Item, ItemId, Settlement, Step, user};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

/// After so many writes without a usable answer the row is given up.
const WRITES_AT_MOST: u32 = 5;

/// A clash over SMS sign-in is answered before the number shows; observed to take a few seconds.
const BEFORE_LOOKING: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Exchange {
    item: Item,
    wish: Option<Rc<Wish>>,
    on_existing: OnExisting,
    state: State,
    /// The last write: what it would have done.
    action: Action,
    writes: u32,
    /// Whether a write may have taken effect, and no look has shown since that it did not.
    doubt: bool,
}

#[derive(Debug)]
enum State {
    /// A write is under way.
    Writing,
    /// A look at what is there, because of how the last write ended.
    Looking(Cause),
}

/// Why to look.
#[derive(Clone, Debug)]
enum Cause {
    /// The write was declined.
    Declined(Answer),
    /// The number clashes over SMS sign-in; it is usually saved all the same.
    NotUnique(Answer),
    /// No usable answer arrived.
    Lost(String),
}

/// What a person has in the slot.
struct Slot<'a> {
    number: &'a str,
    sms: &'a str,
}

impl Exchange {
    pub(super) fn new(item: Item, on_existing: OnExisting) -> Self {
        let wish = serde_json::from_str(&item.content).ok().map(Rc::new);
        Self {
            doubt: item.sent.is_some(),
            item,
            wish,
            on_existing,
            state: State::Writing,
            action: Action::Created,
            writes: 0,
        }
    }

    fn settle(&self, settlement: Settlement) -> Step {
        settle(self.item.id, settlement)
    }

    fn write(&mut self, wish: &Wish, action: Action) -> Step {
        if self.writes >= WRITES_AT_MOST {
            let sent = format!(
                "sent {} times without a usable answer, and it is not there",
                self.writes
            );
            return self.settle(Settlement::in_doubt(sent));
        }
        self.writes += 1;
        self.action = action;
        self.state = State::Writing;
        let body = json!({"phoneNumber": wish.number, "phoneType": wish.kind.as_str()});
        let methods = format!("{}/authentication/phoneMethods", user::path(&wish.user));
        let (method, path, effect) = match action {
            Action::Updated => (
                Method::Patch,
                format!("{methods}/{}", wish.kind.id()),
                Effect::Idempotent,
            ),
            _ => (Method::Post, methods, Effect::Once),
        };
        Step::Call(Operation::write(
            method,
            Workload::AuthenticationMethods,
            path,
            body,
            effect,
        ))
    }

    fn look(&mut self, wish: &Wish, cause: Cause, delay: Duration) -> Step {
        self.doubt |= match &cause {
            Cause::Declined(answer) => self.may_have_been_saved(answer),
            Cause::NotUnique(_) | Cause::Lost(_) => true,
        };
        self.state = State::Looking(cause);
        let path = format!("{}/authentication/phoneMethods", user::path(&wish.user));
        Step::Call(Operation::get(Workload::AuthenticationMethods, path, 1).after(delay))
    }

    fn written(&mut self, wish: &Wish, reply: Reply) -> Step {
        if let Reply::Unsent(why) = reply {
            return self.settle(self.unsent(why));
        }
        let answer = match reply.into_answer() {
            Ok(answer) => answer,
            Err(why) => return self.look(wish, Cause::Lost(why), MAY_STILL_RUN),
        };
        if answer.is_success() {
            return self.settle(self.saved(
                wish,
                &answer,
                answer.text("smsSignInState").unwrap_or_default(),
            ));
        }
        if answer.error().code.eq_ignore_ascii_case(NOT_UNIQUE) {
            return self.look(wish, Cause::NotUnique(answer), BEFORE_LOOKING);
        }
        // The back end has words of its own at times, so that a clash cannot be told by them.
        match answer.status {
            409 => self.look(wish, Cause::Declined(answer), BEFORE_LOOKING),
            400 => self.look(wish, Cause::Declined(answer), Duration::ZERO),
            _ => self.settle(Settlement::failed(&answer)),
        }
    }

    /// The write never left, and may not have been the first.
    fn unsent(&self, why: String) -> Settlement {
        if self.doubt {
            Settlement::unsent_in_doubt(why)
        } else if self.writes > 1 || self.was_sent() {
            Settlement::unsent_again(why)
        } else {
            Settlement::unsent(why)
        }
    }

    fn looked(&mut self, wish: &Wish, cause: Cause, reply: &Reply) -> Step {
        let methods = reply
            .answer()
            .filter(|answer| answer.is_success())
            .and_then(slots);
        let Some(methods) = methods else {
            return self.settle(self.blind(cause, reply));
        };
        let slot = slot(methods, wish.kind);
        let same = slot
            .as_ref()
            .and_then(|slot| number::is_same(slot.number, &wish.number));
        // Another number, or none: nothing of ours took effect.
        self.doubt &= slot.is_some() && same.is_none();
        match (slot, same, cause) {
            (Some(slot), Some(true), cause) => self.there(wish, &slot, cause),
            (Some(_), None, Cause::Lost(why)) => self.settle(Self::masked(why)),
            (Some(slot), _, Cause::Declined(_) | Cause::Lost(_))
                if self.action == Action::Created =>
            {
                self.another(wish, slot.number, same)
            }
            (Some(_), None, Cause::NotUnique(answer)) => {
                self.settle(Self::masked(String::new()).because_of(&answer))
            }
            (_, _, Cause::Declined(answer) | Cause::NotUnique(answer)) => {
                self.settle(Settlement::failed(&answer))
            }
            (Some(_), _, Cause::Lost(_)) => self.write(wish, Action::Updated),
            (None, _, Cause::Lost(_)) => self.write(wish, Action::Created),
        }
    }

    /// A number is there, and nobody can say which.
    fn masked(why: String) -> Settlement {
        Settlement::in_doubt(why).hinting(
            "The number that is there is masked for your account. Use one that sees whole numbers \
             (an app, or a Privileged Authentication Administrator) and run this row again.",
        )
    }

    /// The number that was asked for is there.
    fn there(&self, wish: &Wish, slot: &Slot<'_>, cause: Cause) -> Step {
        self.settle(match cause {
            Cause::Declined(answer) if self.action == Action::Updated => {
                self.saved(wish, &answer, slot.sms).because_of(&answer)
            }
            Cause::Declined(_) => kept(slot.number, slot.sms),
            Cause::NotUnique(answer) => {
                let sms = if slot.sms.is_empty() {
                    NOT_UNIQUE
                } else {
                    slot.sms
                };
                self.saved(wish, &answer, sms).because_of(&answer)
            }
            Cause::Lost(_) => {
                // Before the PATCH another number was there; before a POST nobody looked.
                let action = (self.action == Action::Updated).then_some(self.action);
                let saved = Settlement::new(Outcome::Succeeded, action)
                    .with(RESULT_NUMBER, slot.number)
                    .with(RESULT_SMS, slot.sms);
                warned(saved, slot.sms)
            }
        })
    }

    /// Another number is there, or one that nobody can compare.
    fn another(&mut self, wish: &Wish, there: &str, same: Option<bool>) -> Step {
        match self.on_existing {
            OnExisting::Update => self.write(wish, Action::Updated),
            OnExisting::Keep => self.settle(kept(there, "")),
            OnExisting::Fail => {
                let mut failed = Settlement::new(Outcome::Failed, Some(Action::Kept));
                let kind = wish.kind.as_str();
                failed.error_message = match same {
                    None => {
                        format!("the person has a {kind} number, and it is masked for your account")
                    }
                    Some(_) => format!("the person has another {kind} number"),
                };
                self.settle(failed.with(RESULT_NUMBER, there))
            }
        }
    }

    fn saved(&self, wish: &Wish, answer: &Answer, sms: &str) -> Settlement {
        let number = answer.text("phoneNumber").unwrap_or(&wish.number);
        Settlement::succeeded(self.action)
            .answered_by(answer)
            .with(RESULT_NUMBER, number)
            .with(RESULT_SMS, sms)
    }

    /// Whether the number may be there although the last write was declined like this: an earlier one
    /// may be what the service found, or this one may have been saved in spite of a clash.
    fn may_have_been_saved(&self, answer: &Answer) -> bool {
        self.writes > 1 || self.was_sent() || answer.status == 409
    }

    /// The look itself failed.
    fn blind(&self, cause: Cause, reply: &Reply) -> Settlement {
        match (cause, reply) {
            (Cause::Declined(answer), _) if self.may_have_been_saved(&answer) => {
                Settlement::in_doubt("").because_of(&answer)
            }
            (Cause::Declined(answer), _) => Settlement::failed(&answer),
            (Cause::NotUnique(answer), _) => {
                let mut doubt = Settlement::in_doubt("").because_of(&answer);
                doubt
                    .error_message
                    .push_str(" (whether the number was saved could not be read)");
                doubt
            }
            (Cause::Lost(why), _) => {
                Settlement::in_doubt(format!("{why}; what is there could not be read"))
            }
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

    fn was_declined(&self) -> bool {
        matches!(&self.state, State::Looking(Cause::Declined(answer)) if !self.may_have_been_saved(answer))
    }

    fn start(&mut self) -> Step {
        match self.wish.clone() {
            Some(wish) => self.write(&wish, Action::Created),
            None => unreadable(&self.item),
        }
    }

    fn hear(&mut self, reply: Reply) -> Step {
        let Some(wish) = self.wish.clone() else {
            return unreadable(&self.item);
        };
        match std::mem::replace(&mut self.state, State::Writing) {
            State::Writing => self.written(&wish, reply),
            State::Looking(cause) => self.looked(&wish, cause, &reply),
        }
    }
}

fn kept(number: &str, sms: &str) -> Settlement {
    let kept = Settlement::kept()
        .with(RESULT_NUMBER, number)
        .with(RESULT_SMS, sms);
    warned(kept, sms)
}

/// With a warning where the number is there and cannot be used to sign in.
fn warned(mut settlement: Settlement, sms: &str) -> Settlement {
    if sms.eq_ignore_ascii_case(NOT_UNIQUE) {
        NOT_UNIQUE.clone_into(&mut settlement.error_code);
    }
    settlement
}

/// Graph's word for a number that another account uses for SMS sign-in; as an error and as a state.
const NOT_UNIQUE: &str = "phoneNumberNotUnique";

/// The methods in an answer to a look; an answer without a list says nothing.
fn slots(answer: &Answer) -> Option<&Vec<Value>> {
    answer.json()?.get("value")?.as_array()
}

fn slot(methods: &[Value], kind: PhoneType) -> Option<Slot<'_>> {
    let text = |method: &'_ Value, member: &str| {
        method
            .get(member)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let is_kind = |method: &&Value| {
        text(method, "phoneType").is_some_and(|found| found.eq_ignore_ascii_case(kind.as_str()))
            || text(method, "id").is_some_and(|id| id.eq_ignore_ascii_case(kind.id()))
    };
    let method = methods.iter().find(is_kind)?;
    let borrow = |member: &str| {
        method
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Some(Slot {
        number: borrow("phoneNumber"),
        sms: borrow("smsSignInState"),
    })
}

#[cfg(test)]
mod tests;
