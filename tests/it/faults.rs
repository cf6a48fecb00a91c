//! What the network and the service do wrong, and what the rows say then.

use crate::rehearsal::{Done, Rehearsal, START, in_virtual_time};
use crate::support::Tenant;
use bulkgraph::engine::Moment;
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::driver::Ended;
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::token::{Credential, SandboxToken, SignInError};
use bulkgraph::shell::transport::{Transport, TransportError};
use bulkgraph::simulator::{Scenario, Simulator};
use bulkgraph::wire::HttpReply;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// What happens to a batch on its way.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nothing.
    None,
    /// It never leaves.
    Unsent,
    /// It takes effect, and the reply is lost.
    ReplyLost,
    /// It is lost before it takes effect.
    RequestLost,
    /// It takes effect, and a gateway answers 503.
    Gateway,
    /// It takes effect, and every second inner reply is missing.
    HalfMissing,
    /// It takes effect, and the reply breaks off.
    Truncated,
    /// It takes effect, and each inner reply comes twice.
    Twice,
    /// Nothing runs: 429 with a date.
    ThrottledByDate,
}

/// A way to the tenant on which the faults happen in turn, and then no more.
struct BadWay<'a> {
    loopback: &'a Loopback,
    faults: Vec<Fault>,
    calls: Cell<usize>,
}

impl Transport for BadWay<'_> {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        let call = self.calls.get();
        self.calls.set(call + 1);
        let lost = || Err(TransportError::Lost("connection reset".to_owned()));
        let plain = |status| HttpReply {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        };
        match self.faults.get(call).copied().unwrap_or(Fault::None) {
            Fault::Unsent => return Err(TransportError::Unsent("connection refused".to_owned())),
            Fault::RequestLost => return lost(),
            Fault::ThrottledByDate => {
                let header = (
                    "Retry-After".to_owned(),
                    "Fri, 20 Nov 2026 09:01:00 GMT".to_owned(),
                );
                return Ok(HttpReply {
                    headers: vec![header],
                    ..plain(429)
                });
            }
            _ => {}
        }
        let mut reply = self.loopback.post_batch(token, body).await?;
        match self.faults.get(call).copied().unwrap_or(Fault::None) {
            Fault::ReplyLost => return lost(),
            Fault::Gateway => return Ok(plain(503)),
            Fault::Truncated => reply.body.truncate(reply.body.len() / 2),
            Fault::HalfMissing => change(&mut reply, |responses| {
                let mut keep = false;
                responses.retain(|_| {
                    keep = !keep;
                    keep
                });
            }),
            Fault::Twice => change(&mut reply, |responses| responses.extend(responses.clone())),
            _ => {}
        }
        Ok(reply)
    }
}

fn change(reply: &mut HttpReply, how: impl FnOnce(&mut Vec<Value>)) {
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
    how(body["responses"].as_array_mut().unwrap());
    reply.body = body.to_string().into_bytes();
}

fn on_a_bad_way(rehearsal: Rehearsal, faults: &[Fault]) -> (Done, Tenant) {
    in_virtual_time(async {
        let clock = Clock::start_at(START);
        let loopback = Loopback::new(Simulator::new(&Scenario::default().opened()), clock);
        let way = BadWay {
            loopback: &loopback,
            faults: faults.to_vec(),
            calls: Cell::new(0),
        };
        let done = rehearsal.run_at(&way, &SandboxToken, clock).await;
        (done, Tenant::of(&loopback))
    })
}

const EFFECTS: [Fault; 8] = [
    Fault::Unsent,
    Fault::ReplyLost,
    Fault::RequestLost,
    Fault::Gateway,
    Fault::HalfMissing,
    Fault::Truncated,
    Fault::Twice,
    Fault::ThrottledByDate,
];

#[test]
fn whatever_happens_on_the_way_every_number_ends_up_as_its_row_says() {
    for fault in EFFECTS {
        for faults in [
            vec![fault],
            vec![fault; 3],
            vec![Fault::None, fault, Fault::None, fault],
        ] {
            let rehearsal = Rehearsal::of_file("phone", crate::support::sample("phone.csv"));
            let (done, tenant) = on_a_bad_way(rehearsal, &faults);
            assert!(matches!(done.summary().ended, Ended::Done), "{fault:?}");
            for line in &done.lines {
                assert!(
                    ["succeeded", "unchanged"].contains(&line["ResultStatus"].as_str()),
                    "{fault:?} {line:?}"
                );
                assert_eq!(
                    tenant.user(&line["UserName"])["phones"]["mobile"],
                    line["ResultPhoneNumber"],
                    "{fault:?}"
                );
            }
        }
    }
}

#[test]
fn whatever_happens_on_the_way_every_pass_in_the_results_is_the_one_that_counts() {
    for fault in EFFECTS {
        for faults in [
            vec![Fault::None, fault],
            vec![Fault::None, Fault::None, Fault::None, fault, fault, fault],
        ] {
            let rehearsal = Rehearsal::of_file("tap", crate::support::sample("tap.csv"));
            let (done, tenant) = on_a_bad_way(rehearsal, &faults);
            assert!(matches!(done.summary().ended, Ended::Done), "{fault:?}");
            for line in done
                .lines
                .iter()
                .filter(|line| line["ResultStatus"] == "succeeded")
            {
                let pass = &tenant.user(&line["UserName"])["pass"];
                assert_eq!(pass["value"], line["TemporaryAccessPass"], "{fault:?}");
            }
            let counts = done.counts();
            assert_eq!(
                (counts["succeeded"], counts["unchanged"]),
                (53, 7),
                "{fault:?}"
            );
        }
    }
}

#[test]
fn whatever_happens_on_the_way_the_destination_has_the_members() {
    for fault in EFFECTS {
        for faults in [
            vec![Fault::None, Fault::None, fault, fault, fault],
            vec![fault; 4],
        ] {
            let input = "SourceGroup,DestinationGroup\nDepartment Bakery,Leavers 2019\n";
            let (done, tenant) = on_a_bad_way(Rehearsal::of("copy-members", input), &faults);
            assert!(matches!(done.summary().ended, Ended::Done), "{fault:?}");
            assert_eq!(
                tenant.members("Leavers 2019"),
                tenant.members("Department Bakery"),
                "{fault:?}"
            );
            assert_eq!(done.lines.len(), tenant.members("Department Bakery").len());
            let good = ["succeeded", "unchanged"];
            assert!(
                done.column("ResultStatus")
                    .iter()
                    .all(|status| good.contains(status)),
                "{fault:?}"
            );
        }
    }
}

/// A tenant where each batch with a write takes effect only some seconds after a gateway gave it
/// up, the first time.
struct LateEffect<'a> {
    loopback: &'a Loopback,
    late: RefCell<Option<(Moment, Vec<u8>)>>,
    clock: Clock,
}

impl LateEffect<'_> {
    /// Lets the late batch take effect if its time has come.
    async fn catch_up(&self, now: Moment, token: &SecretString) {
        let due = self
            .late
            .borrow()
            .as_ref()
            .is_some_and(|(due, _)| *due <= now);
        if due
            && let Some((_, body)) = self
                .late
                .replace(Some((Moment::at(Duration::MAX), Vec::new())))
        {
            self.loopback.post_batch(token, body).await.unwrap();
        }
    }
}

impl Transport for LateEffect<'_> {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        self.catch_up(self.clock.now(), token).await;
        let writes = String::from_utf8_lossy(&body).contains("\"POST\"");
        if writes && self.late.borrow().is_none() {
            self.late
                .replace(Some((self.clock.now() + Duration::from_secs(25), body)));
            return Ok(HttpReply {
                status: 504,
                headers: Vec::new(),
                body: Vec::new(),
            });
        }
        self.loopback.post_batch(token, body).await
    }
}

#[test]
fn a_write_that_takes_effect_after_it_was_given_up_does_not_spoil_the_pass() {
    in_virtual_time(async {
        let clock = Clock::start_at(START);
        let loopback = Loopback::new(Simulator::new(&Scenario::default().opened()), clock);
        let tenant = LateEffect {
            loopback: &loopback,
            late: RefCell::new(None),
            clock,
        };
        let rehearsal = Rehearsal::of_file("tap", crate::support::sample("tap.csv"));
        let done = rehearsal.run_at(&tenant, &SandboxToken, clock).await;
        tenant
            .catch_up(
                Moment::at(Duration::from_hours(1)),
                &SecretString::from("any"),
            )
            .await;
        let tenant = Tenant::of(&loopback);
        assert_eq!(
            (done.counts()["succeeded"], done.counts()["unchanged"]),
            (53, 7)
        );
        for line in done
            .lines
            .iter()
            .filter(|line| line["ResultStatus"] == "succeeded")
        {
            assert_eq!(
                tenant.user(&line["UserName"])["pass"]["value"],
                line["TemporaryAccessPass"]
            );
        }
    });
}

/// Tokens that say when they were issued, in milliseconds since the start.
struct Dated {
    clock: Clock,
    renewals: Cell<u32>,
    at_most: u32,
}

impl Dated {
    fn new(clock: Clock, at_most: u32) -> Self {
        Self {
            clock,
            renewals: Cell::new(0),
            at_most,
        }
    }
}

impl Credential for Dated {
    async fn token(&self) -> Result<SecretString, SignInError> {
        Ok(SecretString::from(
            self.clock.now().since_start().as_millis().to_string(),
        ))
    }

    async fn renew(&self) -> Result<SecretString, SignInError> {
        if self.renewals.get() == self.at_most {
            return Err(SignInError::Refused("the test"));
        }
        self.renewals.set(self.renewals.get() + 1);
        self.token().await
    }
}

/// A tenant that takes each token for two seconds.
struct ShortTokens<'a> {
    loopback: &'a Loopback,
    clock: Clock,
    /// Whether it refuses each inner request, or the whole batch.
    inner: bool,
}

impl Transport for ShortTokens<'_> {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        let issued: u64 = token.expose_secret().parse().unwrap();
        if self.clock.now().since_start() < Duration::from_millis(issued + 2_000) {
            return self.loopback.post_batch(token, body).await;
        }
        let requests: Value = serde_json::from_slice(&body).unwrap();
        let refused = |request: &Value| json!({"id": request["id"], "status": 401});
        let responses: Vec<Value> = requests["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(refused)
            .collect();
        let body = json!({"responses": responses}).to_string().into_bytes();
        let status = if self.inner { 200 } else { 401 };
        Ok(HttpReply {
            status,
            headers: Vec::new(),
            body,
        })
    }
}

#[test]
fn a_token_that_runs_out_is_renewed_in_the_middle_of_a_run() {
    for inner in [false, true] {
        in_virtual_time(async {
            let clock = Clock::start_at(START);
            let loopback = Loopback::new(Simulator::new(&Scenario::default().opened()), clock);
            let tenant = ShortTokens {
                loopback: &loopback,
                clock,
                inner,
            };
            let credential = Dated::new(clock, 100);
            let rehearsal = Rehearsal::of_file("phone", crate::support::sample("phone.csv"));
            let done = rehearsal.run_at(&tenant, &credential, clock).await;
            assert_eq!(
                (done.counts()["succeeded"], done.counts()["unchanged"]),
                (180, 20)
            );
            assert!(credential.renewals.get() >= 1);
        });
    }
}

#[test]
fn without_another_token_the_run_stops_and_the_rest_was_not_attempted() {
    in_virtual_time(async {
        let clock = Clock::start_at(START);
        let loopback = Loopback::new(Simulator::new(&Scenario::default().opened()), clock);
        let tenant = ShortTokens {
            loopback: &loopback,
            clock,
            inner: false,
        };
        let credential = Dated::new(clock, 0);
        let rehearsal = Rehearsal::of_file("phone", crate::support::sample("phone.csv"));
        let done = rehearsal.run_at(&tenant, &credential, clock).await;
        assert!(matches!(
            done.summary().ended,
            Ended::SignIn(SignInError::Refused(_))
        ));
        let counts = done.counts();
        assert_eq!(counts.values().sum::<usize>(), 200, "every row has a line");
        assert!(
            counts["succeeded"] > 0 && counts["not_attempted"] > 0,
            "{counts:?}"
        );
        assert!(
            done.files.contains(&"input.run".to_owned()),
            "{:?}",
            done.files
        );
    });
}

#[test]
fn a_service_that_is_not_there_is_given_up_and_nothing_is_claimed() {
    let rehearsal = Rehearsal::of_file("tap", crate::support::sample("tap.csv"));
    let (done, tenant) = on_a_bad_way(rehearsal, &[Fault::Unsent; 10_000]);
    let Ended::NothingThrough(why) = &done.summary().ended else {
        panic!("{:?}", done.summary().ended)
    };
    assert_eq!(why, "connection refused");
    assert_eq!(done.counts()["not_attempted"], 60);
    assert_eq!(tenant.statistics["batches"], 0);
}

#[test]
fn an_outage_that_ends_costs_time_and_no_row() {
    let mut faults = vec![Fault::None; 4];
    faults.extend([Fault::RequestLost; 8]);
    let rehearsal = Rehearsal::of_file("phone", crate::support::sample("phone.csv"));
    let (done, _) = on_a_bad_way(rehearsal, &faults);
    let good: usize = ["succeeded", "unchanged"]
        .map(|status| done.counts()[status])
        .iter()
        .sum();
    assert_eq!(good, 200);
}
