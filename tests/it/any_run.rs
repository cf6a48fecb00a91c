//! Whatever a run file holds and whatever the service answers: nothing panics or goes on for ever,
//! no item is lost, and what becomes of each follows from what was sent for it.

use crate::choices::{Choices, DESTINATION, ROOT, SOURCE, USER};
use bulkgraph::engine::{Effect, Event, Method, Operation, Outcome, Reply, Status};
use bulkgraph::jobs::{
    self, Conversation, Fields, Item, ItemId, Job, Sent, Settings, Settlement, Stage, Step, Work,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-20 09:00:00 UTC);
/// Items of one company that are taken at once.
const PULL_OF_COMPANY: usize = 20;
/// Writes for one item that must not be repeated blindly.
const ONCE_AT_MOST: usize = 5;

/// A row that the job itself wrote, with any answers.
pub(crate) fn any_replies(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let job = choices.of(jobs::REGISTRY);
    let work = configure(job, &options(job, &mut choices)).unwrap_or_else(|_| plain(job));
    let mut run = Run::new(job, work.as_ref(), choices);
    let new = work.check(&Fields::new(row(job))).unwrap();
    // What is only looked at in the end was never sent.
    let sent = new.stage == Stage::Work && run.choices.yes();
    run.add(new.company, new.content, sent);
    run.go();
    assert!(!run.unreadable, "the job did not know its own words");
}

/// Options and items that nobody knows who wrote, with any answers.
pub(crate) fn any_run_file(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let job = choices.of(jobs::REGISTRY);
    let work = configure(job, &options(job, &mut choices)).unwrap_or_else(|_| plain(job));
    let mut run = Run::new(job, work.as_ref(), choices);
    for _ in 0..=run.choices.below(4) {
        let company = run.choices.yes().then(|| run.choices.text());
        let copies = run.choices.of(&[1, 2, 21, 45]);
        let content = foreign(job, &mut run.choices);
        for _ in 0..copies {
            let sent = run.choices.yes();
            run.add(company.clone(), content.clone(), sent);
        }
    }
    run.go();
}

/// Any values for the options of a job.
fn options(job: &dyn Job, choices: &mut Choices<'_>) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    for option in job.options() {
        let value = match choices.below(3) {
            0 => continue,
            1 if !option.choices.is_empty() => choices.of(option.choices).to_owned(),
            _ => choices.text(),
        };
        options.insert(option.name.to_owned(), value);
    }
    options
}

fn configure(job: &dyn Job, options: &BTreeMap<String, String>) -> Result<Box<dyn Work>, String> {
    let configured = job.configure(&Settings {
        options: options.clone(),
        graph_root: ROOT.to_owned(),
        started_at: NOW,
    });
    for option in job.options() {
        let value = options.get(option.name).map(String::as_str);
        let is_choice = value.is_none_or(|value| option.choices.contains(&value));
        assert!(
            is_choice || option.choices.is_empty() || configured.is_err(),
            "`{value:?}` was taken for one of {:?}",
            option.choices
        );
    }
    configured.map_err(|wrong| wrong.to_string())
}

fn plain(job: &dyn Job) -> Box<dyn Work> {
    configure(job, &BTreeMap::new()).unwrap()
}

/// A good row.
fn row(job: &dyn Job) -> Vec<(&'static str, &'static str, &'static str)> {
    let cells: &[(&str, &str)] = match job.name() {
        "copy-members" => &[("SourceGroup", SOURCE), ("DestinationGroup", DESTINATION)],
        _ => &[("UserName", USER), ("PhoneNumber", "+1 5555550100")],
    };
    cells
        .iter()
        .map(|(name, cell)| (*name, *name, *cell))
        .collect()
}

/// What a run file could hold for an item if it were not the job's own words.
fn foreign(job: &dyn Job, choices: &mut Choices<'_>) -> String {
    let group = |id: &str| json!({"id": id, "name": "Crew", "traits": ["Unified"]});
    let member = if choices.yes() {
        json!({"id": SOURCE, "name": choices.text(), "type": choices.text()})
    } else {
        Value::Null
    };
    let own = match (job.name(), choices.below(4)) {
        (_, 3) => return choices.text(),
        ("phone", _) => json!({"user": USER, "number": "+1 5555550100", "type": "mobile"}),
        ("tap", _) => json!({"user": USER, "lifetime": 60, "start": null, "once": false}),
        (_, 0) => json!({
            "kind": "pair", "source": SOURCE, "destination": DESTINATION, "transitive": false,
            "member": member,
        }),
        (_, 1) => json!({
            "kind": "listing", "source": group(SOURCE), "destination": group(DESTINATION),
            "transitive": true, "member": member,
        }),
        _ => json!({
            "kind": "member", "destination": DESTINATION, "id": SOURCE, "cannot_be_added": null,
        }),
    };
    choices.changed(own).to_string()
}

/// What the run file and the driver do with a job, without waiting and without a service.
struct Run<'a> {
    job: &'a dyn Job,
    work: &'a dyn Work,
    choices: Choices<'a>,
    items: BTreeMap<ItemId, Entry>,
    keys: BTreeSet<String>,
    /// The last item that was taken of those that travel alone, and of each company.
    last: ItemId,
    cursors: BTreeMap<String, ItemId>,
    awake: VecDeque<String>,
    under_way: VecDeque<Talk>,
    calls: usize,
    /// The reply to all calls for which no bytes are left.
    last_reply: Option<Reply>,
    unreadable: bool,
}

struct Entry {
    item: Item,
    company: Option<String>,
    status: Status,
}

struct Talk {
    conversation: Box<dyn Conversation>,
    writing: bool,
    doubt: bool,
    /// Whether a write was lost, and nothing was heard from the service since.
    lost: bool,
    once: usize,
}

impl<'a> Run<'a> {
    fn new(job: &'a dyn Job, work: &'a dyn Work, choices: Choices<'a>) -> Self {
        Self {
            job,
            work,
            choices,
            items: BTreeMap::new(),
            keys: BTreeSet::new(),
            last: ItemId(0),
            cursors: BTreeMap::new(),
            awake: VecDeque::new(),
            under_way: VecDeque::new(),
            calls: 0,
            last_reply: None,
            unreadable: false,
        }
    }

    /// Adds an item, which an earlier process may have sent.
    fn add(&mut self, company: Option<String>, content: String, sent: bool) {
        let sent = sent.then_some(Sent::at(NOW));
        let status = sent.map_or(Status::Pending, |_| Status::Sent);
        self.insert(company, content, sent, status);
    }

    fn insert(
        &mut self,
        company: Option<String>,
        content: String,
        sent: Option<Sent>,
        status: Status,
    ) {
        let id = ItemId(i64::try_from(self.items.len()).unwrap() + 1);
        self.awake.extend(company.clone());
        let item = Item { id, content, sent };
        self.items.insert(
            id,
            Entry {
                item,
                company,
                status,
            },
        );
    }

    /// To the end of all.
    fn go(&mut self) {
        loop {
            self.start();
            let Some(talk) = self.under_way.pop_front() else {
                break;
            };
            let reply = self.reply();
            self.hear(talk, reply);
        }
        for (id, entry) in &self.items {
            let is_over = matches!(entry.status, Status::Settled(_) | Status::Expanded);
            assert!(is_over, "{id:?} was lost: {:?}", entry.status);
        }
    }

    fn reply(&mut self) -> Reply {
        self.calls += 1;
        let enough = 300 * (self.items.len() + 1);
        assert!(self.calls <= enough, "{} calls without an end", self.calls);
        if self.choices.are_made() {
            let repeated = self.last_reply.clone();
            return repeated.unwrap_or_else(|| Reply::Unknown(String::new()));
        }
        let reply = self.choices.reply();
        self.last_reply = Some(reply.clone());
        reply
    }

    fn start(&mut self) {
        let alone = self.pull(None, self.last, usize::MAX);
        self.last = alone.last().map_or(self.last, |item| item.id);
        let ids: Vec<ItemId> = alone.iter().map(|item| item.id).collect();
        let conversations = self.work.converse(alone);
        all_are_there(&ids, &conversations, &[]);
        self.begin_all(conversations);
        while let Some(company) = self.awake.pop_front() {
            let after = self.cursors.get(&company).copied().unwrap_or(ItemId(0));
            let pulled = self.pull(Some(&company), after, PULL_OF_COMPANY);
            let ids: Vec<ItemId> = pulled.iter().map(|item| item.id).collect();
            let all = ids.len() < PULL_OF_COMPANY;
            let (conversations, rest) = self.work.together(&company, pulled, all);
            all_are_there(&ids, &conversations, &rest);
            let before_rest = rest.first().map(|item| ItemId(item.id.0 - 1));
            let after = before_rest.or(ids.last().copied()).unwrap_or(after);
            self.cursors.insert(company.clone(), after);
            if !all && rest.len() < ids.len() {
                self.awake.push_back(company);
            }
            self.begin_all(conversations);
        }
    }

    fn pull(&self, company: Option<&str>, after: ItemId, limit: usize) -> Vec<Item> {
        let later = self.items.range(ItemId(after.0 + 1)..);
        let open = later.filter(|(_, entry)| {
            entry.company.as_deref() == company
                && matches!(entry.status, Status::Pending | Status::Sent)
        });
        open.take(limit)
            .map(|(_, entry)| entry.item.clone())
            .collect()
    }

    fn begin_all(&mut self, conversations: Vec<Box<dyn Conversation>>) {
        for conversation in conversations {
            self.begin(Talk::new(conversation));
        }
    }

    fn begin(&mut self, mut talk: Talk) {
        let items = talk.conversation.items();
        let step = if talk.conversation.was_sent() && talk.once == 0 {
            let ended = Reply::Unknown("the program ended".to_owned());
            talk.conversation.hear(ended)
        } else {
            talk.conversation.start()
        };
        self.carry_out(talk, &items, step);
    }

    fn hear(&mut self, mut talk: Talk, reply: Reply) {
        let items = talk.conversation.items();
        talk.doubt |= talk.writing && !reply.is_refusal();
        let heard = matches!(&reply, Reply::Doubtful(_)) || reply.lost().is_none();
        talk.lost = (talk.lost || talk.writing && reply.is_in_doubt()) && !heard;
        let step = talk.conversation.hear(reply);
        if talk.writing && !talk.doubt && talk.conversation.was_declined() {
            self.all(&items, Event::Returned);
        }
        self.carry_out(talk, &items, step);
    }

    /// `items` are those that the conversation was about before it said this.
    fn carry_out(&mut self, mut talk: Talk, items: &[ItemId], step: Step) {
        match step {
            Step::Call(call) => {
                assert_is_sound(&call);
                talk.writing = call.writes();
                if talk.writing {
                    self.all(items, Event::Sent);
                    talk.conversation.sending(NOW);
                }
                talk.once += usize::from(call.effect == Effect::Once);
                assert!(talk.once <= ONCE_AT_MOST, "{} POSTs", talk.once);
                self.under_way.push_back(talk);
            }
            Step::Settle(endings) => {
                let ended: BTreeSet<ItemId> = endings.iter().map(|(item, _)| *item).collect();
                assert!(ended.iter().eq(items), "{items:?} became {ended:?}");
                for (item, ending) in &endings {
                    self.settle(&talk, *item, ending);
                }
                self.over(&talk);
            }
            Step::Found { items: found, then } => {
                for (new, ending) in found {
                    if !self.keys.insert(new.key) {
                        continue;
                    }
                    let status = ending.map_or(Status::Pending, |ending| {
                        let ended = Status::Pending.after(Event::Settled(ending.outcome));
                        ended.expect("found like this")
                    });
                    assert_eq!(new.stage, Stage::Work);
                    self.insert(new.company, new.content, None, status);
                }
                self.carry_out(talk, items, *then);
            }
            Step::Expanded => {
                self.all(items, Event::Expanded);
                self.over(&talk);
            }
            Step::Divide(parts) => {
                all_are_there(items, &parts, &[]);
                for conversation in parts {
                    self.begin(Talk {
                        conversation,
                        ..talk
                    });
                }
            }
        }
    }

    fn settle(&mut self, talk: &Talk, item: ItemId, ending: &Settlement) {
        let outcome = ending.outcome;
        assert!(
            !talk.lost || outcome == Outcome::InDoubt,
            "lost, and {outcome:?}"
        );
        let shows = self.job.secret_column().is_some() && outcome == Outcome::Succeeded;
        assert_eq!(ending.secret.is_some(), shows, "a pass is shown once");
        self.unreadable |= ending
            .error_message
            .contains("the run file holds something else");
        self.happens(item, Event::Settled(outcome));
    }

    fn over(&mut self, talk: &Talk) {
        self.awake
            .extend(talk.conversation.awaited_by().map(str::to_owned));
    }

    fn all(&mut self, items: &[ItemId], event: Event) {
        for item in items {
            self.happens(*item, event);
        }
    }

    fn happens(&mut self, item: ItemId, event: Event) {
        let entry = self.items.get_mut(&item).unwrap();
        let after = entry.status.after(event);
        entry.status = after.unwrap_or_else(|| panic!("{:?}, then {event:?}", entry.status));
    }
}

impl Talk {
    fn new(conversation: Box<dyn Conversation>) -> Self {
        let doubt = conversation.was_sent();
        Self {
            conversation,
            writing: false,
            doubt,
            lost: doubt,
            once: 0,
        }
    }
}

/// Each item is somewhere, and none twice.
#[track_caller]
fn all_are_there(given: &[ItemId], talks: &[Box<dyn Conversation>], rest: &[Item]) {
    let talked = talks.iter().flat_map(|talk| talk.items());
    let mut found: Vec<ItemId> = talked.chain(rest.iter().map(|item| item.id)).collect();
    found.sort_unstable();
    assert_eq!(found, given);
}

/// What would reach something else than was meant.
fn assert_is_sound(call: &Operation) {
    let path = &call.path;
    assert!(path.starts_with('/'), "{path}");
    if call.method != Method::Get {
        let is_plain = path.chars().all(|c| c.is_ascii_graphic());
        assert!(is_plain, "{path}");
    }
    let members = call.body.as_ref().map(|body| &body["members@odata.bind"]);
    let members = members.and_then(Value::as_array).map_or(0, Vec::len);
    assert!(members <= 20, "{members} at once");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_answered_every_row_ends_as_it_was_told(
            bytes in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            any_replies(&bytes);
        }

        #[test]
        fn whatever_a_run_file_holds_every_item_ends(
            bytes in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            any_run_file(&bytes);
        }
    }
}
