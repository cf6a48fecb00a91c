//! What the user says of the pace, and how it goes then, in virtual time.

use crate::rehearsal::{Done, Rehearsal, START, in_virtual_time};
use crate::support::{Tenant, sample};
use bulkgraph::engine::Limits;
use bulkgraph::shell::clock::Clock;
use bulkgraph::shell::loopback::Loopback;
use bulkgraph::shell::token::SandboxToken;
use bulkgraph::simulator::{Scenario, Simulator};

const ROWS: u64 = 100;

/// The first rows of the sample of `phone`, run with those limits against a service that lets much
/// more through.
fn phones(limits: Limits, scenario: &str) -> (Done, Tenant) {
    let mut rehearsal = Rehearsal::of_file("phone", sample("phone.csv"));
    rehearsal.rows = Some(ROWS);
    rehearsal.limits = limits;
    let (done, tenant) = rehearsal.run(&Scenario::from_toml(scenario).unwrap());
    assert_eq!(done.lines.len() as u64, ROWS);
    (done, tenant)
}

const FAST: &str = "
    [limits.authentication_methods]
    requests = 200
    per_seconds = 1
";

#[test]
fn a_rate_is_the_most_that_is_sent() {
    let limits = Limits {
        rate: Some(4.0),
        ..Limits::default()
    };
    let (done, tenant) = phones(limits, FAST);
    let took = done.summary().took.as_secs_f64();
    // Four at once, and four a second after that.
    let least = (tenant.requests() - 4.0) / 4.0;
    assert!(took >= least, "{took} s for {} requests", tenant.requests());
    assert_eq!(tenant.statistics["throttled"], 0);
    let (unlimited, _) = phones(Limits::default(), FAST);
    assert!(unlimited.summary().took.as_secs_f64() < least / 2.0);
}

#[test]
fn a_rate_below_one_a_second_is_kept_too() {
    let limits = Limits {
        rate: Some(0.5),
        ..Limits::default()
    };
    let (done, tenant) = phones(limits, FAST);
    let took = done.summary().took.as_secs_f64();
    assert!(took >= (tenant.requests() - 1.0) * 2.0, "{took} s");
}

#[test]
fn a_share_leaves_the_rest_of_the_documented_writes_to_others() {
    let scenario = "
        [service]
        concurrency_violations = 0.0
        [limits.directory]
        writes = 150
    ";
    let used = |share: f64| {
        let quota = bulkgraph::engine::Quota::new(
            std::num::NonZeroU32::new(150).unwrap(),
            std::time::Duration::from_secs(150),
        );
        let mut rehearsal = Rehearsal::of(
            "copy-members",
            "SourceGroup,DestinationGroup\nAll staff,Leavers 2019\n",
        );
        rehearsal.limits = Limits {
            share,
            directory_writes: quota,
            ..Limits::default()
        };
        let (done, tenant) = rehearsal.run(&Scenario::from_toml(scenario).unwrap());
        assert_eq!(tenant.statistics["throttled"], 0, "{share}");
        done.summary().took.as_secs_f64()
    };
    // 3,000 members are 150 writes: all of them at once, or half of them and then one in two seconds.
    let [all, half] = [1.0, 0.5].map(used);
    assert!(all < 30.0, "{all} s");
    assert!(half >= 140.0, "{half} s");
}

#[test]
fn a_date_to_come_back_at_is_read_by_the_clock_of_whoever_wrote_it() {
    let scenario = std::fs::read_to_string(sample("scenarios/retry-after-date.toml")).unwrap();
    let scenario = Scenario::from_toml(&scenario).unwrap().opened();
    for hours in [-25, 25] {
        in_virtual_time(async {
            let loopback = Loopback::new(Simulator::new(&scenario), Clock::start_at(START));
            let wrong = Clock::start_at(START + time::Duration::hours(hours));
            let mut rehearsal = Rehearsal::of_file("phone", sample("phone.csv"));
            rehearsal.rows = Some(ROWS);
            let done = rehearsal.run_at(&loopback, &SandboxToken, wrong).await;
            let took = done.summary().took.as_secs();
            assert!(
                took < 600,
                "{took} s with a clock that is {hours} hours ahead"
            );
            assert!(Tenant::of(&loopback).statistics["throttled"].as_u64() > Some(0));
        });
    }
}
