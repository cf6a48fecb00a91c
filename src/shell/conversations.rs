//! The conversations that are under way: between the run file, the job and the scheduler.

use super::companies::Companies;
use super::run_file::{RowId, RunFile, RunFileError};
use crate::engine::{
    Batch, Delivery, FailureLimit, Failures, Moment, OperationId, Reply, Scheduler, Turn,
};
use crate::jobs::{Conversation, ItemId, NewItem, Settlement, Stage, Step, Work};
use std::collections::{HashMap, VecDeque};
use time::OffsetDateTime;

/// Conversations at a time, so that memory does not grow with the input. Each has one operation on
/// its way; this is enough to keep several times the usual number of full batches waiting.
const AT_A_TIME: usize = 400;
/// Items that are taken from the run file at once.
const PULL: usize = 400;
/// Items of one company that are taken at once: those of one request (Graph: add members), so that
/// the next company has its turn.
const PULL_OF_COMPANY: usize = 20;
/// Heavy conversations at a time: two batches of them find more than is written meanwhile.
const HEAVY_AT_A_TIME: usize = 40;

/// Starts conversations about items, carries their calls to the scheduler and their endings to the
/// run file.
#[derive(Debug)]
pub(super) struct Conversations<'a> {
    work: &'a dyn Work,
    under_way: HashMap<OperationId, Talk>,
    stage: Stage,
    /// The last item that was taken of those that travel alone, and whether there may be more.
    last: ItemId,
    more: bool,
    /// The last row that is worked on.
    last_row: RowId,
    companies: Companies,
    failures: Failures,
    /// Heavy conversations that wait until another one is over.
    parked: VecDeque<Box<dyn Conversation>>,
    /// How many of those that are under way are heavy.
    heavy: usize,
    count: u64,
}

#[derive(Debug)]
struct Talk {
    conversation: Box<dyn Conversation>,
    reads: u32,
    writes: u32,
    /// Whether the call under way is a write.
    writing: bool,
    /// Whether something may have taken effect that has not been recorded.
    doubt: bool,
}

impl Talk {
    fn new(conversation: Box<dyn Conversation>) -> Self {
        let doubt = conversation.was_sent();
        Self {
            conversation,
            reads: 0,
            writes: 0,
            writing: false,
            doubt,
        }
    }
}

/// The time, as the engine counts and as people count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) moment: Moment,
    pub(super) wall: OffsetDateTime,
}

impl<'a> Conversations<'a> {
    pub(super) fn new(work: &'a dyn Work, limit: FailureLimit) -> Self {
        Self {
            work,
            under_way: HashMap::new(),
            stage: Stage::Check,
            last: ItemId(0),
            more: true,
            last_row: RowId::LAST,
            companies: Companies::default(),
            failures: Failures::new(limit),
            parked: VecDeque::new(),
            heavy: 0,
            count: 0,
        }
    }

    /// The stage that the run is in.
    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// What has failed.
    pub(super) fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Whether there are rows that were not to be worked on now.
    pub(super) fn leave_rows(&self) -> bool {
        self.last_row != RowId::LAST
    }

    /// Goes on to the second stage, with the first `rows` of those that are left or with all of them.
    pub(super) fn begin_work(
        &mut self,
        rows: Option<u64>,
        run_file: &mut RunFile,
    ) -> Result<(), RunFileError> {
        run_file.begin_work()?;
        if let Some(rows) = rows {
            self.last_row = run_file.last_row_of(rows)?;
        }
        self.stage = Stage::Work;
        self.last = ItemId(0);
        self.more = true;
        for company in run_file.companies()? {
            self.companies.wake(&company);
        }
        Ok(())
    }

    /// Starts as many as there is room for.
    pub(super) fn start(
        &mut self,
        run_file: &mut RunFile,
        scheduler: &mut Scheduler,
        now: Now,
    ) -> Result<(), RunFileError> {
        while self.has_room_for_heavy()
            && let Some(conversation) = self.parked.pop_front()
        {
            self.begin(Talk::new(conversation), run_file, scheduler, now)?;
        }
        while self.more && self.under_way.len() + self.parked.len() < AT_A_TIME {
            let pulled = run_file.pull(self.stage, self.last, self.last_row, PULL)?;
            self.more = pulled.len() == PULL;
            self.last = pulled.last().map_or(self.last, |item| item.id);
            for conversation in self.work.converse(pulled) {
                self.begin_or_park(conversation, run_file, scheduler, now)?;
            }
        }
        while self.stage == Stage::Work
            && self.under_way.len() < AT_A_TIME
            && let Some((company, after)) = self.companies.next()
        {
            let pulled = run_file.pull_company(&company, after, PULL_OF_COMPANY)?;
            let (offered, last) = (pulled.len(), pulled.last().map(|item| item.id));
            let all = offered < PULL_OF_COMPANY;
            let (conversations, rest) = self.work.together(&company, pulled, all);
            let before_rest = rest.first().map(|item| ItemId(item.id.0 - 1));
            let after = before_rest.or(last).unwrap_or(after);
            self.companies.took(&company, after);
            if !all && rest.len() < offered {
                self.companies.wake(&company);
            }
            for conversation in conversations {
                self.begin_or_park(conversation, run_file, scheduler, now)?;
            }
        }
        Ok(())
    }

    /// Whatever is in memory, one has to go on for it to become less.
    fn has_room_for_heavy(&self) -> bool {
        self.under_way.is_empty() || (self.heavy < HEAVY_AT_A_TIME && !self.work.is_laden())
    }

    fn begin_or_park(
        &mut self,
        conversation: Box<dyn Conversation>,
        run_file: &mut RunFile,
        scheduler: &mut Scheduler,
        now: Now,
    ) -> Result<(), RunFileError> {
        if conversation.is_heavy() && !self.has_room_for_heavy() {
            self.parked.push_back(conversation);
            return Ok(());
        }
        self.begin(Talk::new(conversation), run_file, scheduler, now)
    }

    /// Counts what is about to be sent, and records the intent of every write.
    pub(super) fn sending(
        &mut self,
        batch: &Batch,
        run_file: &mut RunFile,
        at: OffsetDateTime,
    ) -> Result<(), RunFileError> {
        let mut items = Vec::new();
        for (id, operation) in &batch.operations {
            let Some(talk) = self.under_way.get_mut(id) else {
                continue;
            };
            talk.writing = operation.writes();
            if talk.writing {
                talk.writes += 1;
                talk.conversation.sending(at);
                items.extend(talk.conversation.items());
            } else {
                talk.reads += 1;
            }
        }
        run_file.sent(batch.id, items, at)
    }

    /// Records that writes certainly did not run.
    pub(super) fn returned(
        &self,
        ids: &[OperationId],
        run_file: &mut RunFile,
    ) -> Result<(), RunFileError> {
        // Where an earlier write is in doubt, this one's return changes nothing: the item stays
        // sent.
        let talks = ids
            .iter()
            .filter_map(|id| self.under_way.get(id))
            .filter(|talk| !talk.doubt);
        talks
            .map(|talk| talk.conversation.items())
            .try_for_each(|items| run_file.returned(&items))
    }

    /// Lets a conversation hear a reply.
    pub(super) fn deliver(
        &mut self,
        delivery: Delivery,
        run_file: &mut RunFile,
        scheduler: &mut Scheduler,
        now: Now,
    ) -> Result<(), RunFileError> {
        let Some(mut talk) = self.under_way.remove(&delivery.id) else {
            return Ok(());
        };
        self.heavy -= usize::from(talk.conversation.is_heavy());
        // Only a refusal says that a write did nothing.
        talk.doubt |= talk.writing && !delivery.reply.is_refusal();
        let step = talk.conversation.hear(delivery.reply);
        if talk.writing && !talk.doubt && talk.conversation.was_declined() {
            run_file.returned(&talk.conversation.items())?;
        }
        self.carry_out(talk, step, run_file, scheduler, now)
    }

    fn begin(
        &mut self,
        mut talk: Talk,
        run_file: &mut RunFile,
        scheduler: &mut Scheduler,
        now: Now,
    ) -> Result<(), RunFileError> {
        let step = if talk.writes == 0 && talk.conversation.was_sent() {
            let why = "the program ended before the reply was recorded";
            talk.conversation.hear(Reply::Unknown(why.to_owned()))
        } else {
            talk.conversation.start()
        };
        self.carry_out(talk, step, run_file, scheduler, now)
    }

    fn carry_out(
        &mut self,
        talk: Talk,
        step: Step,
        run_file: &mut RunFile,
        scheduler: &mut Scheduler,
        now: Now,
    ) -> Result<(), RunFileError> {
        match step {
            Step::Call(operation) => {
                self.count += 1;
                let id = OperationId(self.count);
                let said = talk.reads + talk.writes > 0;
                let turn = if said {
                    Turn::Continuing
                } else {
                    Turn::Opening
                };
                scheduler.offer(id, turn, operation, now.moment);
                self.heavy += usize::from(talk.conversation.is_heavy());
                self.under_way.insert(id, talk);
                Ok(())
            }
            Step::Settle(items) => {
                self.over(&talk);
                let attempts = if talk.writes > 0 {
                    talk.writes
                } else {
                    talk.reads
                };
                items.iter().try_for_each(|(item, settlement)| {
                    let (status, code) = (settlement.http_status, &settlement.error_code);
                    let message = &settlement.error_message;
                    self.failures
                        .ended(settlement.outcome, status, code, message);
                    run_file.settle(*item, settlement, attempts, now.wall)
                })
            }
            Step::Found { items, then } => {
                for parent in talk.conversation.items() {
                    run_file.found(parent, &items, now.wall)?;
                }
                self.grow(&items);
                self.carry_out(talk, *then, run_file, scheduler, now)
            }
            Step::Expanded => {
                self.over(&talk);
                let items = talk.conversation.items();
                items
                    .into_iter()
                    .try_for_each(|item| run_file.expanded(item))
            }
            Step::Divide(parts) => parts.into_iter().try_for_each(|conversation| {
                let part = Talk {
                    conversation,
                    ..talk
                };
                self.begin(part, run_file, scheduler, now)
            }),
        }
    }

    /// Whoever waited for it may go on.
    fn over(&mut self, talk: &Talk) {
        if let Some(company) = talk.conversation.awaited_by() {
            self.companies.wake(company);
        }
    }

    /// Items were found, and those of one company mostly at once.
    fn grow(&mut self, items: &[(NewItem, Option<Settlement>)]) {
        for (item, _) in items {
            match &item.company {
                Some(company) => self.companies.wake(company),
                None => self.more = true,
            }
        }
    }
}
