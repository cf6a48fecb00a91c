//! The loop that carries out what the engine and the jobs decide.
//!
//! One turn: take replies in, let conversations go on, let the scheduler say what to send, put all
//! of it on the disk with one commit, show it, send it, wait. So an intent is durable before its
//! request leaves, and an outcome before anybody sees it. The same code runs in real time over
//! sockets and in virtual time over memory.

use super::clock::{Clock, ServiceClock};
use super::conversations::{Conversations, Now};
use super::run_file::{RunFile, RunFileError, Tally};
use super::token::{Credential, SignInError};
use super::transport::{Transport, TransportError};
use crate::engine::{
    Answer, Batch, BatchId, FailureLimit, Moment, Next, Outcome, PaceReading, Reply, Scheduler,
    Statistics,
};
use crate::jobs::{Stage, Work};
use crate::wire::{self, BatchReply, HttpReply};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use secrecy::SecretString;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// Everything is settled.
    Done,
    /// Something was refused before the first write, and the user did not say to go on without it.
    Refused,
    /// The user asked to stop.
    Interrupted,
    /// Somebody took the run file away: nobody would find what is written to it from now on.
    RunFileGone,
    /// The rows that were to be tried first have ended, and others are left.
    Canary,
    /// Too much went wrong, for this reason.
    TooManyFailures(String),
    /// The service let nothing through for too long; this was the last thing in the way.
    NothingThrough(String),
    /// The service does not take batches, for the reason in this answer.
    BatchesRefused(Answer),
    /// There is no token that the service takes.
    SignIn(SignInError),
}

impl Ended {
    /// How a run ended whose lines have come so far: where nothing is left to do, nothing stopped it.
    fn given(self, tally: &Tally) -> Self {
        let is_all = tally.settled_lines() == tally.lines;
        match self {
            Self::Interrupted | Self::Canary | Self::TooManyFailures(_) if is_all => Self::Done,
            ended => ended,
        }
    }
}

/// What is shown while a run is under way: always of what is on the disk.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// Counts of result lines.
    pub tally: &'a Tally,
    /// What went through the scheduler.
    pub statistics: Statistics,
    /// How long the service has asked us to stay away, from now.
    pub pause: Option<Duration>,
    /// What is in the way, since something last got through.
    pub trouble: Option<&'a str>,
    /// Batches on their way.
    pub in_flight: usize,
    /// How long nothing can be sent or come back, from now: what was sent may still have an effect, or
    /// is to be tried again.
    pub idle: Option<Duration>,
    /// How fast each workload goes.
    pub paces: Vec<PaceReading>,
    /// Whether no new batch is sent any more, and the last replies are awaited.
    pub stopping: bool,
    /// Time since the start of the run.
    pub elapsed: Duration,
}

/// Watches a run.
pub trait Observer {
    /// A turn is over.
    fn turn(&mut self, progress: &Progress<'_>);
}

/// How a run is to be driven.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Goes on without what is refused before the first write; has no meaning after it.
    pub skip_refused: bool,
    /// Ends when so many rows were worked on, if there are more.
    pub canary: Option<u64>,
    /// How many failures end the run.
    pub max_failures: FailureLimit,
    /// How often the user asked to stop: once to end in order, twice to end now.
    pub stop: watch::Receiver<u32>,
}

/// How long replies are waited for after the user asked to stop.
const LAST_REPLIES: Duration = Duration::from_secs(30);

type Flight<'a> =
    Pin<Box<dyn Future<Output = (BatchId, usize, Result<HttpReply, TransportError>)> + 'a>>;

/// A run on its way.
#[derive(Debug)]
pub struct Driver<'a, T, C> {
    /// The way to the service.
    pub transport: &'a T,
    /// Where tokens come from.
    pub credential: &'a C,
    /// The time.
    pub clock: Clock,
    /// The truth.
    pub run_file: &'a mut RunFile,
    /// What decides when to send.
    pub scheduler: Scheduler,
    /// How it is to be driven.
    pub orders: Orders,
    /// The time for the service.
    pub service_clock: ServiceClock,
}

impl<'a, T: Transport, C: Credential> Driver<'a, T, C> {
    /// Runs until everything is settled or nothing can go on. An error is one of the run file;
    /// nothing was sent since.
    pub async fn drive(
        mut self,
        work: &dyn Work,
        observer: &mut dyn Observer,
    ) -> Result<(Ended, Statistics), RunFileError> {
        let ended = self.turns(work, observer).await;
        if ended.is_err() {
            // What was heard until then is worth keeping, if it can be kept.
            let _ = self.run_file.commit();
        }
        Ok((ended?, self.scheduler.statistics()))
    }

    async fn turns(
        &mut self,
        work: &dyn Work,
        observer: &mut dyn Observer,
    ) -> Result<Ended, RunFileError> {
        let mut token = match self.credential.token().await {
            Ok(token) => token,
            Err(error) => return Ok(Ended::SignIn(error)),
        };
        let mut conversations = Conversations::new(work, self.orders.max_failures);
        let mut flights: FuturesUnordered<Flight<'a>> = FuturesUnordered::new();
        let mut over: Option<Over> = None;
        loop {
            if over.is_none() && self.stops_asked() > 0 {
                over = Some(self.over(Ended::Interrupted));
            }
            if over.is_none() && !self.run_file.is_in_place() {
                over = Some(self.over(Ended::RunFileGone));
            }
            let lines = self.run_file.tally().lines;
            if over.is_none()
                && let Some(why) = conversations.failures().too_many(lines)
            {
                over = Some(self.over(Ended::TooManyFailures(why)));
            }
            let turn = match &over {
                None => self.turn(&mut conversations)?,
                Some(over) => Turn {
                    sendings: Vec::new(),
                    wait: Wait::Until(over.wait_until),
                },
            };
            self.run_file.commit()?;
            let stopping = matches!(
                &over,
                Some(Over {
                    ended: Ended::Interrupted,
                    ..
                })
            );
            let idle = turn.waits_until();
            let idle = idle.filter(|_| over.is_none() && flights.is_empty());
            self.show(observer, stopping, idle);
            for batch in turn.sendings {
                flights.push(self.send(&batch, token.clone()));
            }
            let until = match turn.wait {
                Wait::Over(ended) => {
                    over = Some(self.over(ended));
                    continue;
                }
                Wait::Token => {
                    tracing::info!("the service refused the token; getting another one");
                    match self.credential.renew().await {
                        Ok(renewed) => token = renewed,
                        Err(error) => over = Some(self.over(Ended::SignIn(error))),
                    }
                    self.scheduler.token_renewed();
                    continue;
                }
                Wait::Reply => None,
                Wait::Until(moment) => Some(moment),
            };
            // Replies that are on their way are worth waiting for, but not for ever.
            let patience = |over: &Over| !flights.is_empty() && self.clock.now() < over.wait_until;
            match over {
                Some(over) if !patience(&over) || self.stops_asked() > 1 => {
                    return Ok(over.ended.given(self.run_file.tally()));
                }
                _ => self.wait(&mut flights, &mut conversations, until).await?,
            }
        }
    }

    fn stops_asked(&self) -> u32 {
        *self.orders.stop.borrow()
    }

    fn over(&self, ended: Ended) -> Over {
        Over {
            ended,
            wait_until: self.clock.now() + LAST_REPLIES,
        }
    }

    /// Lets the scheduler decide until it has nothing more to send now.
    fn turn(&mut self, conversations: &mut Conversations<'_>) -> Result<Turn, RunFileError> {
        let mut sendings = Vec::new();
        let wait = loop {
            let now = self.now();
            conversations.start(self.run_file, &mut self.scheduler, now)?;
            match self.scheduler.next(now.moment) {
                Next::Send(batch) => {
                    // What the service dates is compared with this after a crash.
                    let at = self.service_clock.at(now.wall);
                    conversations.sending(&batch, self.run_file, at)?;
                    sendings.push(batch);
                }
                Next::RenewToken => break Wait::Token,
                Next::WaitUntil(moment) => break Wait::Until(moment),
                Next::WaitForReply => break Wait::Reply,
                Next::SignInRefused => break Wait::Over(Ended::SignIn(SignInError::RefusedAgain)),
                Next::BatchesRefused(answer) => break Wait::Over(Ended::BatchesRefused(answer)),
                Next::GiveUp(why) => break Wait::Over(Ended::NothingThrough(why)),
                Next::Idle if conversations.stage() == Stage::Work => {
                    break Wait::Over(if conversations.leave_rows() {
                        Ended::Canary
                    } else {
                        Ended::Done
                    });
                }
                Next::Idle => {
                    let tally = self.run_file.tally();
                    let bad = tally.count(Outcome::Refused) + tally.count(Outcome::Failed);
                    if bad > 0 && !self.orders.skip_refused && !self.run_file.work_began()? {
                        break Wait::Over(Ended::Refused);
                    }
                    conversations.begin_work(self.orders.canary, self.run_file)?;
                }
            }
        };
        Ok(Turn { sendings, wait })
    }

    fn send(&self, batch: &Batch, token: SecretString) -> Flight<'a> {
        let (id, count, body) = (batch.id, batch.operations.len(), wire::encode(batch));
        tracing::debug!(batch = id.0, requests = count, "sent");
        let transport = self.transport;
        Box::pin(async move { (id, count, transport.post_batch(&token, body).await) })
    }

    /// Waits for a reply, a moment or the user, whichever is first, and takes in all replies that
    /// are there.
    async fn wait(
        &mut self,
        flights: &mut FuturesUnordered<Flight<'a>>,
        conversations: &mut Conversations<'_>,
        until: Option<Moment>,
    ) -> Result<(), RunFileError> {
        let clock = self.clock;
        let moment = async move {
            match until {
                Some(moment) => clock.sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        let first = tokio::select! {
            biased;
            Some(reply) = flights.next(), if !flights.is_empty() => Some(reply),
            () = moment => None,
            Ok(()) = self.orders.stop.changed() => None,
        };
        let mut replies: Vec<_> = first.into_iter().collect();
        while let Some(Some(reply)) = futures_util::FutureExt::now_or_never(flights.next()) {
            replies.push(reply);
        }
        // What else came is taken in even if something of it cannot be written down: there may be
        // passes in it that are nowhere else.
        replies
            .into_iter()
            .map(|(batch, count, reply)| self.receive(batch, count, reply, conversations))
            .fold(Ok(()), Result::and)
    }

    fn receive(
        &mut self,
        batch: BatchId,
        count: usize,
        reply: Result<HttpReply, TransportError>,
        conversations: &mut Conversations<'_>,
    ) -> Result<(), RunFileError> {
        let now = self.now();
        match &reply {
            Ok(reply) => tracing::debug!(batch = batch.0, status = reply.status, "answered"),
            Err(error) => tracing::info!(batch = batch.0, requests = count, "{error}"),
        }
        if let Some(date) = reply.as_ref().ok().and_then(HttpReply::date) {
            self.service_clock.heard(date, now.wall);
        }
        let reply = match reply {
            // A date in it is by the service's clock too.
            Ok(reply) => wire::decode(count, &reply, self.service_clock.at(now.wall)),
            Err(TransportError::Unsent(why)) => BatchReply::Each(vec![Reply::Unsent(why); count]),
            Err(TransportError::Lost(why)) => BatchReply::Each(vec![Reply::Unknown(why); count]),
        };
        let settled = match reply {
            BatchReply::Each(replies) => self.scheduler.settle(batch, replies, now.moment),
            BatchReply::Refused(answer) => self.scheduler.refuse(batch, answer, now.moment),
        };
        let returned = conversations.returned(&settled.returned, self.run_file);
        if let Some(until) = self.scheduler.paused_until(now.moment) {
            let seconds = until.since(now.moment).as_secs_f64();
            tracing::info!(batch = batch.0, seconds, "the service asked for a pause");
        }
        let (run_file, scheduler) = (&mut *self.run_file, &mut self.scheduler);
        let deliveries = settled.deliveries.into_iter();
        deliveries
            .map(|delivery| conversations.deliver(delivery, run_file, scheduler, now))
            .fold(returned, Result::and)?;
        self.run_file.landed(batch)
    }

    fn now(&self) -> Now {
        Now {
            moment: self.clock.now(),
            wall: self.clock.wall(),
        }
    }

    fn show(&self, observer: &mut dyn Observer, stopping: bool, idle: Option<Moment>) {
        let now = self.clock.now();
        observer.turn(&Progress {
            tally: self.run_file.tally(),
            statistics: self.scheduler.statistics(),
            pause: self
                .scheduler
                .paused_until(now)
                .map(|until| until.since(now)),
            trouble: self.scheduler.trouble(),
            in_flight: self.scheduler.in_flight(),
            idle: idle.map(|until| until.since(now)),
            paces: self.scheduler.pace_readings(now),
            stopping,
            elapsed: now.since_start(),
        });
    }
}

/// What came of a turn.
#[derive(Debug)]
struct Turn {
    sendings: Vec<Batch>,
    wait: Wait,
}

impl Turn {
    /// When something is due, if nothing is sent before.
    fn waits_until(&self) -> Option<Moment> {
        match self.wait {
            Wait::Until(moment) if self.sendings.is_empty() => Some(moment),
            _ => None,
        }
    }
}

/// The run is over, but for replies that are still on their way.
#[derive(Debug)]
struct Over {
    ended: Ended,
    wait_until: Moment,
}

/// What the loop waits for.
#[derive(Debug)]
enum Wait {
    Reply,
    Until(Moment),
    Token,
    Over(Ended),
}
