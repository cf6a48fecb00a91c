//! The service and the way to it: a network on which requests live on when the client is gone.

use crate::disk::{Disk, Tear};
use crate::ledger::{Ledger, Sent};
use crate::tenant::Tenant;
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::driver::{Observer, Progress};
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::token::{Credential, SignInError};
use bulkgraph::shell::transport::{Transport, TransportError};
use bulkgraph::wire::HttpReply;
use fastrand::Rng;
use futures_util::poll;
use secrecy::SecretString;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// When the program dies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crash {
    /// At the so-manieth thing that happens to a batch, wherever that is.
    AtEvent(u32),
    /// At the so-manieth commit, which may be on the disk in part.
    AtCommit(u32, Tear),
    /// After the run file was opened, before anything was committed.
    AtToken,
    /// After so long.
    After(Duration),
}

/// What can happen to a batch on its way, each with a chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Unsent,
    RequestLost,
    ReplyLost,
    ReplyCut,
    GatewayBefore,
    GatewayAfter,
    RepliesMissing,
    Doubled,
    Garbled,
}

const FAULTS: [Fault; 9] = [
    Fault::Unsent,
    Fault::RequestLost,
    Fault::ReplyLost,
    Fault::ReplyCut,
    Fault::GatewayBefore,
    Fault::GatewayAfter,
    Fault::RepliesMissing,
    Fault::Doubled,
    Fault::Garbled,
];

/// The service, the way to it, and whoever watches both.
#[derive(Debug)]
pub(crate) struct Service {
    loopback: Loopback,
    pub(crate) clock: Clock,
    rng: RefCell<Rng>,
    /// The chance that something befalls a batch on its way.
    pub(crate) trouble: Cell<f64>,
    pub(crate) ledger: RefCell<Ledger>,
    pub(crate) disk: Disk,
    story: RefCell<Vec<String>>,
    life: RefCell<Life>,
    /// Rung when the program dies.
    pub(crate) death: Notify,
    pub(crate) faults: Cell<u32>,
}

/// What is known of the process that is running.
#[derive(Debug, Default)]
struct Life {
    number: u32,
    crash: Option<Crash>,
    events: u32,
    commits: u32,
    dead: bool,
    stopped: bool,
    /// What was last shown, by outcome.
    shown: BTreeMap<String, u64>,
}

impl Service {
    pub(crate) fn new(loopback: Loopback, clock: Clock, disk: Disk, rng: Rng) -> Self {
        Self {
            loopback,
            clock,
            rng: RefCell::new(rng),
            trouble: Cell::new(0.0),
            ledger: RefCell::default(),
            disk,
            story: RefCell::default(),
            life: RefCell::default(),
            death: Notify::new(),
            faults: Cell::new(0),
        }
    }

    /// What the tenant holds now.
    pub(crate) fn tenant(&self) -> Tenant {
        Tenant::read(&self.loopback.inspect("/_simulator/tenant"))
    }

    pub(crate) fn tell(&self, what: impl std::fmt::Display) {
        let at = self.clock.now().since_start().as_secs_f64();
        self.story.borrow_mut().push(format!("{at:9.3}  {what}"));
    }

    pub(crate) fn story(&self) -> String {
        self.story.borrow().join("\n")
    }

    /// What somebody else is answered to a batch. No answer is an empty one.
    pub(crate) async fn post_for_somebody_else(&self, body: Vec<u8>) -> Vec<u8> {
        let token = SecretString::from("theirs");
        let reply = self.loopback.post_batch(&token, body).await;
        reply.map(|reply| reply.body).unwrap_or_default()
    }

    /// Another process begins.
    pub(crate) fn born(&self, crash: Option<Crash>) {
        let mut life = self.life.borrow_mut();
        *life = Life {
            number: life.number + 1,
            crash,
            ..Life::default()
        };
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.life.borrow().dead
    }

    /// What was last shown.
    pub(crate) fn shown(&self) -> BTreeMap<String, u64> {
        self.life.borrow().shown.clone()
    }

    /// The user has asked to stop; nothing may be sent any more.
    pub(crate) fn stopped(&self) {
        self.life.borrow_mut().stopped = true;
    }

    /// The program dies here: what is on the disk now is what there will be.
    pub(crate) fn die(&self, why: &str, tear: Tear) {
        let mut life = self.life.borrow_mut();
        if !std::mem::replace(&mut life.dead, true) {
            drop(life);
            let torn = self.disk.freeze(tear, &mut self.rng.borrow_mut());
            self.tell(format_args!("CRASH {why}{torn}"));
            self.death.notify_one();
        }
    }

    /// Something happens; the program may die of it. Whoever belongs to it never goes on then.
    fn event(&self, number: u32, what: &str) {
        let mut life = self.life.borrow_mut();
        if life.number != number || life.dead {
            return;
        }
        life.events += 1;
        if matches!(life.crash, Some(Crash::AtEvent(at)) if at == life.events) {
            drop(life);
            self.die(what, Tear::None);
        }
    }

    /// Whether the process of that number is alive.
    fn lives(&self, number: u32) -> bool {
        let life = self.life.borrow();
        life.number == number && !life.dead
    }

    fn chance(&self, chance: f64) -> bool {
        self.rng.borrow_mut().f64() < chance
    }

    fn up_to(&self, most: Duration) -> Duration {
        most.mul_f64(self.rng.borrow_mut().f64())
    }

    fn fault(&self) -> Option<Fault> {
        let fault = self
            .chance(self.trouble.get())
            .then(|| self.rng.borrow_mut().choice(FAULTS));
        self.faults
            .set(self.faults.get() + u32::from(fault.is_some()));
        fault.flatten()
    }

    /// A batch travels to the service and takes effect there, whoever waits for the reply.
    fn carry(
        self: Rc<Self>,
        token: SecretString,
        body: Vec<u8>,
        number: u32,
    ) -> oneshot::Receiver<Result<HttpReply, TransportError>> {
        let (sender, receiver) = oneshot::channel();
        // Now and then a batch is long on its way. With the time that the service takes it stays
        // within the 30 s after which the tool takes it that nothing can happen any more.
        let way = if self.chance(0.05) { 4_000 } else { 40 };
        let way = self.up_to(Duration::from_millis(way));
        let lost_with_client = self.chance(0.3);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(way).await;
            if lost_with_client && !self.lives(number) {
                return;
            }
            let mut reply = pin!(self.loopback.post_batch(&token, body));
            // The effect is there at once, the reply takes its time.
            let reply = if let std::task::Poll::Ready(reply) = poll!(&mut reply) {
                reply
            } else {
                self.event(number, "after the service took a batch in");
                reply.await
            };
            // Nobody may be waiting for it.
            let _ = sender.send(reply);
        });
        receiver
    }

    /// What is shown, and whether the program dies of the commit before it.
    fn turn(&self, number: u32, progress: &Progress<'_>) {
        if !self.lives(number) {
            return;
        }
        let mut life = self.life.borrow_mut();
        life.commits += 1;
        if let Some(Crash::AtCommit(at, tear)) = life.crash {
            if life.commits + 1 == at {
                self.disk.remember();
            }
            if life.commits == at {
                // Where the commit is torn, nobody was shown what it held.
                if tear == Tear::None {
                    life.shown = shown(progress);
                }
                drop(life);
                return self.die("after a commit", tear);
            }
        }
        life.shown = shown(progress);
    }
}

fn shown(progress: &Progress<'_>) -> BTreeMap<String, u64> {
    let outcomes = progress.tally.outcomes.iter();
    outcomes
        .map(|(outcome, count)| (outcome.as_str().to_owned(), *count))
        .collect()
}

/// One process' way to the service.
#[derive(Debug)]
pub(crate) struct Way {
    service: Rc<Service>,
    number: u32,
}

impl Way {
    pub(crate) fn of(service: &Rc<Service>) -> Self {
        Self {
            service: Rc::clone(service),
            number: service.life.borrow().number,
        }
    }

    /// Something happens. Does not come back if the program is dead.
    async fn event(&self, what: &str) {
        self.service.event(self.number, what);
        if !self.service.lives(self.number) {
            pending::<()>().await;
        }
    }

    async fn travel(
        &self,
        token: &SecretString,
        body: Vec<u8>,
        fault: Option<Fault>,
    ) -> Result<HttpReply, TransportError> {
        let service = &self.service;
        let lost = || Err(TransportError::Lost("connection reset".to_owned()));
        let plain = |status| HttpReply {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        };
        let a_while = service.up_to(Duration::from_secs(3));
        match fault {
            Some(Fault::Unsent) => {
                return Err(TransportError::Unsent("connection refused".to_owned()));
            }
            Some(Fault::RequestLost) => {
                tokio::time::sleep(a_while).await;
                return lost();
            }
            Some(Fault::GatewayBefore) => return Ok(plain(503)),
            _ => {}
        }
        let reply = Rc::clone(service).carry(token.clone(), body, self.number);
        self.event("while a batch was on its way").await;
        if fault == Some(Fault::ReplyLost) {
            tokio::time::sleep(a_while).await;
            return lost();
        }
        let mut reply = reply.await.unwrap_or_else(|_| lost())?;
        let mut rng = service.rng.borrow_mut();
        match fault {
            Some(Fault::GatewayAfter) => return Ok(plain(504)),
            Some(Fault::ReplyCut) => reply.body.truncate(rng.usize(..=reply.body.len())),
            Some(Fault::Garbled) => {
                let place = rng.usize(..=reply.body.len());
                reply
                    .body
                    .iter_mut()
                    .skip(place)
                    .take(3)
                    .for_each(|byte| *byte = 0);
            }
            Some(Fault::RepliesMissing) => change(&mut reply, |all| all.retain(|_| rng.bool())),
            Some(Fault::Doubled) => change(&mut reply, |all| all.extend(all.clone())),
            _ => {}
        }
        Ok(reply)
    }

    fn note(
        &self,
        requests: &[Sent],
        fault: Option<Fault>,
        reply: &Result<HttpReply, TransportError>,
    ) {
        let mut ledger = self.service.ledger.borrow_mut();
        match reply {
            Ok(reply) => ledger.answered(requests, reply.status, &reply.body),
            Err(TransportError::Unsent(_)) => ledger.stayed(requests),
            Err(TransportError::Lost(_)) => {}
        }
        if let Some(fault) = fault {
            drop(ledger);
            self.service.tell(format_args!("{fault:?}: {requests:?}"));
        }
    }
}

impl Transport for Way {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        self.event("before a batch left").await;
        let requests = self.service.ledger.borrow_mut().leaves(&body);
        if self.service.life.borrow().stopped {
            let complaint = "a batch was sent after the user had asked to stop".to_owned();
            self.service.ledger.borrow_mut().complaints.push(complaint);
        }
        let fault = self.service.fault();
        let reply = self.travel(token, body, fault).await;
        self.event("before a reply was read").await;
        self.note(&requests, fault, &reply);
        reply
    }
}

fn change(reply: &mut HttpReply, how: impl FnOnce(&mut Vec<Value>)) {
    let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) else {
        return;
    };
    if let Some(responses) = body["responses"].as_array_mut() {
        how(responses);
        reply.body = body.to_string().into_bytes();
    }
}

impl Credential for Way {
    async fn token(&self) -> Result<SecretString, SignInError> {
        if matches!(self.service.life.borrow().crash, Some(Crash::AtToken)) {
            self.service.die("before the first commit", Tear::None);
            pending::<()>().await;
        }
        Ok(SecretString::from("any"))
    }

    async fn renew(&self) -> Result<SecretString, SignInError> {
        self.token().await
    }
}

impl Observer for Way {
    fn turn(&mut self, progress: &Progress<'_>) {
        self.service.turn(self.number, progress);
    }
}
