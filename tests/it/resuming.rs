//! Runs that ended before their end, and go on.

use crate::rehearsal::{Done, Rehearsal, START, in_virtual_time};
use crate::support::Tenant;
use bulkgraph::engine::{FailureLimit, Outcome};
use bulkgraph::run::{self, RunError};
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::driver::Ended;
use bulkgraph::shell::input::InputError;
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::progress::Silent;
use bulkgraph::shell::token::SandboxToken;
use bulkgraph::shell::transport::{Transport, TransportError};
use bulkgraph::simulator::{Scenario, Simulator};
use bulkgraph::wire::HttpReply;
use secrecy::SecretString;
use std::time::Duration;
use tokio::sync::watch;

/// A way to the tenant on which the answers to writes never arrive.
struct Unanswered<'a>(&'a Loopback);

impl Transport for Unanswered<'_> {
    async fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> Result<HttpReply, TransportError> {
        let writes = String::from_utf8_lossy(&body).contains("\"POST\"");
        let reply = self.0.post_batch(token, body).await;
        if writes {
            std::future::pending::<()>().await;
        }
        reply
    }
}

/// A tenant, a run that was killed while the answers to its writes were on their way, and how it
/// went on.
fn killed_and_resumed(rehearsal: &Rehearsal, client_is_ahead: time::Duration) -> (Done, Tenant) {
    in_virtual_time(async {
        let clock = Clock::start_at(START);
        let loopback = Loopback::new(Simulator::new(&Scenario::default().opened()), clock);
        let client = || Clock::start_at(clock.wall() + client_is_ahead);
        let (way, mut silent) = (Unanswered(&loopback), Silent);
        let (plan, root) = (rehearsal.plan(), Loopback::ROOT);
        let run = run::run_at(plan, root, &way, &SandboxToken, client(), &mut silent);
        let killed = tokio::time::timeout(Duration::from_mins(1), run).await;
        assert!(killed.is_err(), "it ended before it was killed");
        let done = rehearsal
            .resume_at(&[], &loopback, &SandboxToken, client())
            .await;
        (done, Tenant::of(&loopback))
    })
}

#[test]
fn every_pass_that_nobody_saw_is_replaced_whatever_the_clock_of_this_machine_says() {
    for hours in [-25, -1, 0, 1, 25] {
        let rehearsal = Rehearsal::of_file("tap", crate::support::sample("tap.csv"));
        let (done, tenant) = killed_and_resumed(&rehearsal, time::Duration::hours(hours));
        assert!(matches!(done.summary().ended, Ended::Done));
        assert_eq!(
            done.summary().tally.count(Outcome::Succeeded),
            53,
            "{hours} hours ahead"
        );
        for line in &done.lines {
            let pass = &tenant.user(&line["UserName"])["pass"]["value"];
            match line["ResultStatus"].as_str() {
                "succeeded" => assert_eq!(pass, &line["TemporaryAccessPass"]),
                status => assert_eq!(status, "unchanged"),
            }
        }
    }
}

#[test]
fn numbers_whose_answers_were_lost_are_compared_with_what_is_there() {
    let rehearsal = Rehearsal::of_file("phone", crate::support::sample("phone.csv"));
    let (done, tenant) = killed_and_resumed(&rehearsal, time::Duration::ZERO);
    assert_eq!(done.lines.len(), 200);
    for line in &done.lines {
        assert!(["succeeded", "unchanged"].contains(&line["ResultStatus"].as_str()));
        let phones = &tenant.user(&line["UserName"])["phones"];
        assert_eq!(phones["mobile"], line["ResultPhoneNumber"]);
    }
}

/// Runs it in a tenant as it is at first, and lets it go on there.
fn run_and_resume(mut rehearsal: Rehearsal, again: &[Outcome]) -> [Done; 2] {
    in_virtual_time(async {
        let clock = Clock::start_at(START);
        let loopback = Loopback::new(Simulator::new(&Scenario::default().opened()), clock);
        let (plan, root) = (rehearsal.plan(), Loopback::ROOT);
        let run = run::run_at(plan, root, &loopback, &SandboxToken, clock, &mut Silent).await;
        let run = rehearsal.done(run);
        rehearsal.max_failures = FailureLimit::Share(1.0);
        let resumed = rehearsal
            .resume_at(again, &loopback, &SandboxToken, clock)
            .await;
        [run, resumed]
    })
}

#[test]
fn a_wave_of_which_all_fails_is_stopped_with_the_reason_and_can_be_run_again() {
    let strangers: Vec<String> = (0..400)
        .map(|number| format!("stranger{number}@contoso.com"))
        .collect();
    let rehearsal = Rehearsal::of("tap", &format!("UserName\n{}", strangers.join("\n")));
    let [stopped, again] = run_and_resume(rehearsal, &[Outcome::Failed]);
    let Ended::TooManyFailures(why) = &stopped.summary().ended else {
        panic!("{:?}", stopped.summary().ended);
    };
    assert!(
        why.contains("all failed for the same reason: 404 "),
        "{why}"
    );
    let counts = stopped.counts();
    assert_eq!(counts["failed"] + counts["not_attempted"], 400);
    assert!((50..200).contains(&counts["failed"]), "{counts:?}");
    assert!(matches!(again.summary().ended, Ended::Done));
    assert_eq!(again.counts()["failed"], 400);
}

#[test]
fn the_first_rows_are_tried_before_the_others() {
    let mut rehearsal = Rehearsal::of_file("phone", crate::support::sample("phone.csv"));
    rehearsal.canary = Some(5);
    let [canary, rest] = run_and_resume(rehearsal, &[]);
    assert!(matches!(canary.summary().ended, Ended::Canary));
    let statuses = canary.column("ResultStatus");
    let (first, others) = statuses.split_at(5);
    assert!(
        first
            .iter()
            .all(|status| ["succeeded", "unchanged"].contains(status))
    );
    assert!(others.iter().all(|status| *status == "not_attempted"));
    assert!(matches!(rest.summary().ended, Ended::Done));
    assert!(!rest.counts().contains_key("not_attempted"));
    // What the same run wrote before is no file that somebody could miss.
    assert_eq!(rest.files, ["input.run", "results.csv"]);
}

#[test]
fn a_run_of_which_nothing_is_left_is_over_whatever_was_to_stop_it() {
    for (canary, left) in [(4, 1), (5, 0), (6, 0)] {
        let mut rehearsal = Rehearsal::of_file("phone", crate::support::sample("phone.csv"));
        (rehearsal.rows, rehearsal.canary) = (Some(5), Some(canary));
        let [run, rest] = run_and_resume(rehearsal, &[]);
        assert_eq!(
            matches!(run.summary().ended, Ended::Done),
            left == 0,
            "{canary} of 5"
        );
        assert_eq!(run.summary().tally.not_attempted(), left);
        assert!(matches!(rest.summary().ended, Ended::Done));
    }
    let strangers: Vec<String> = (0..50)
        .map(|number| format!("stranger{number}@contoso.com"))
        .collect();
    let rehearsal = Rehearsal::of("tap", &format!("UserName\n{}", strangers.join("\n")));
    let [run, _] = run_and_resume(rehearsal, &[]);
    assert!(matches!(run.summary().ended, Ended::Done));
    assert_eq!(run.counts()["failed"], 50);
}

#[test]
fn a_run_that_is_stopped_while_its_input_is_being_read_leaves_nothing_to_go_on_with() {
    let rehearsal = Rehearsal::of("tap", "UserName\nsomebody@contoso.com\n");
    let done = in_virtual_time(async {
        let clock = Clock::start_at(START);
        let loopback = Loopback::new(Simulator::new(&Scenario::default().opened()), clock);
        let (mut plan, root) = (rehearsal.plan(), Loopback::ROOT);
        plan.orders.stop = watch::channel(1).1;
        let run = run::run_at(plan, root, &loopback, &SandboxToken, clock, &mut Silent).await;
        assert_eq!(Tenant::of(&loopback).statistics["batches"], 0);
        rehearsal.done(run)
    });
    assert!(matches!(
        done.summary,
        Err(RunError::Input(InputError::Stopped { .. }))
    ));
    assert_eq!(done.files, ["input.csv"]);
}
