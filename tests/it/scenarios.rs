//! Every scenario of the samples: its job is run in virtual time, and what must come of it does.

use crate::rehearsal::{Done, Rehearsal};
use crate::support::{Tenant, sample};
use bulkgraph::jobs;
use bulkgraph::shell::driver::Ended;
use bulkgraph::simulator::Scenario;
use bulkgraph::simulator::scenario::{Expectations, Job};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A test for each scenario, named as its file.
macro_rules! scenarios {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $name() {
                check($file);
            }
        )*
    };
}

scenarios! {
    busy_groups: "busy-groups.toml",
    damaged_answers: "damaged-answers.toml",
    few_writes: "few-writes.toml",
    foreign_errors: "foreign-errors.toml",
    fresh_users: "fresh-users.toml",
    large_group: "large-group.toml",
    lost_connections: "lost-connections.toml",
    methods_documented: "methods-documented.toml",
    methods_observed: "methods-observed.toml",
    noisy_neighbour: "noisy-neighbour.toml",
    odd_batches: "odd-batches.toml",
    outage: "outage.toml",
    passes_off: "passes-off.toml",
    passes_outside_policy: "passes-outside-policy.toml",
    quota_steps: "quota-steps.toml",
    redirect: "redirect.toml",
    retry_after_date: "retry-after-date.toml",
    retry_after_decimal: "retry-after-decimal.toml",
    retry_after_missing: "retry-after-missing.toml",
    retry_after_one: "retry-after-one.toml",
    retry_after_window: "retry-after-window.toml",
    server_errors: "server-errors.toml",
    slow_batches: "slow-batches.toml",
    slow_drip: "slow-drip.toml",
}

fn check(file: &str) {
    let path = sample(&format!("scenarios/{file}"));
    let scenario = Scenario::from_toml(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let job = scenario.job.as_ref().unwrap();
    let (done, tenant) = rehearsal(job).run(&scenario);
    as_expected(&scenario.expect, &done, &tenant);
    for line in &done.lines {
        true_of(&job.name, line, &tenant);
    }
}

fn rehearsal(job: &Job) -> Rehearsal {
    let name = jobs::find(&job.name).unwrap().name();
    let mut rehearsal = match (&job.csv, &job.input) {
        (Some(csv), None) => Rehearsal::of(name, csv.trim_start()),
        (None, Some(input)) => Rehearsal::of_file(name, sample("scenarios").join(input)),
        _ => panic!("a job has either `input` or `csv`"),
    };
    rehearsal.rows = job.rows;
    rehearsal.skip_refused = job.skip_refused;
    let options = job.options.iter();
    options.fold(rehearsal, |rehearsal, (option, value)| {
        rehearsal.with(option, value)
    })
}

fn as_expected(expected: &Expectations, done: &Done, tenant: &Tenant) {
    let ended = &done.summary().ended;
    assert_eq!(!matches!(ended, Ended::Done), expected.stopped, "{ended:?}");
    let counts = done.counts().into_iter();
    let mut counts: BTreeMap<String, u64> = counts
        .map(|(status, count)| (status.to_owned(), count as u64))
        .collect();
    let as_asked = ["succeeded", "unchanged"].map(|status| counts.remove(status).unwrap_or(0));
    let others = done
        .lines
        .iter()
        .filter(|line| !["succeeded", "unchanged"].contains(&line["ResultStatus"].as_str()));
    assert_eq!(
        (as_asked.iter().sum(), counts),
        (expected.as_asked, expected.lines.clone()),
        "{:#?}",
        others.collect::<Vec<_>>()
    );
    let broken = tenant.statistics["wrong"].as_object().unwrap().values();
    let wrong: u64 = broken.map(|count| count.as_u64().unwrap()).sum();
    assert!(wrong <= expected.wrong, "{}", tenant.statistics["wrong"]);
    for code in &expected.error_codes {
        assert!(
            done.column("ResultErrorCode").contains(&code.as_str()),
            "{code}"
        );
    }
    if let Some(most) = expected.throttled_at_most {
        let throttled = tenant.statistics["throttled"].as_f64().unwrap();
        let share = throttled / tenant.requests();
        assert!(share <= most, "{share}");
    }
    if let Some(most) = expected.seconds_at_most {
        let moment = |name: &str| {
            OffsetDateTime::parse(tenant.statistics[name].as_str().unwrap(), &Rfc3339).unwrap()
        };
        let took = (moment("last_request_at") - moment("first_request_at")).as_seconds_f64();
        assert!(took <= most, "{took} s");
    }
}

/// What a line says is what the tenant holds.
fn true_of(job: &str, line: &BTreeMap<String, String>, tenant: &Tenant) {
    let status = line["ResultStatus"].as_str();
    if !["succeeded", "unchanged"].contains(&status) {
        return;
    }
    match job {
        "phone" => {
            let kind = line.get("PhoneType").map_or("mobile", String::as_str);
            let held = &tenant.user(&line["UserName"])["phones"][kind];
            assert_eq!(*held, line["ResultPhoneNumber"], "{line:?}");
        }
        "tap" => {
            let pass = &tenant.user(&line["UserName"])["pass"];
            assert_eq!(
                status == "succeeded",
                !line["TemporaryAccessPass"].is_empty()
            );
            if status == "succeeded" {
                assert_eq!(pass["value"], line["TemporaryAccessPass"], "{line:?}");
            }
            assert!(pass.is_object(), "{line:?}");
        }
        // The members of a group within the source are copied instead of the group itself.
        _ if line["ResultAction"].is_empty() => {}
        _ => {
            let members = tenant.members(&line["DestinationGroup"]);
            assert!(
                members.binary_search(&line["MemberId"].as_str()).is_ok(),
                "{line:?}"
            );
        }
    }
}

/// Jobs with their samples.
const JOBS: [(&str, &str); 3] = [
    ("phone", "phone.csv"),
    ("tap", "tap.csv"),
    ("copy-members", "copy-members.csv"),
];

#[test]
fn whatever_goes_wrong_no_line_is_false() {
    let path = sample("scenarios/everything-at-once.toml");
    let scenario = Scenario::from_toml(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let days = (0..6).flat_map(|chance| JOBS.map(|(job, input)| (chance, job, input)));
    for (chance, job, input) in days {
        let day = Scenario {
            chance: Some(chance),
            ..scenario.clone()
        };
        let (done, tenant) = Rehearsal::of_file(job, sample(input)).run(&day);
        // Where a group could not even be read, nothing may have been written.
        if matches!(done.summary().ended, Ended::Refused) {
            assert_eq!(tenant.statistics["writes"], 0, "{chance} {job}");
            continue;
        }
        assert!(
            matches!(done.summary().ended, Ended::Done),
            "{chance} {job}: {:?}",
            done.summary().ended
        );
        for line in &done.lines {
            true_of(job, line, &tenant);
        }
        let counts = done.counts();
        let as_asked: usize = ["succeeded", "unchanged"]
            .iter()
            .filter_map(|status| counts.get(status))
            .sum();
        assert!(
            as_asked * 100 >= done.lines.len() * 95,
            "{chance} {job}: {counts:?}"
        );
    }
}
