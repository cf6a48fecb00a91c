//! Jobs against a tenant in memory: choices of the user, and what the tenant holds afterwards.

use crate::rehearsal::Rehearsal;
use crate::support::sample;
use bulkgraph::shell::driver::Ended;
use bulkgraph::simulator::Scenario;

const LARGE: &str = include_str!("../../samples/scenarios/large-group.toml");

#[test]
fn ten_thousand_members_take_a_write_for_every_twenty() {
    let scenario = Scenario::from_toml(LARGE).unwrap();
    let input = "SourceGroup,DestinationGroup\nAll staff,Leavers 2019\n";
    let (done, tenant) = Rehearsal::of("copy-members", input).run(&scenario);
    assert!(tenant.members("All staff").len() >= 10_000);
    assert_eq!(tenant.members("Leavers 2019"), tenant.members("All staff"));
    assert_eq!(
        done.counts()["succeeded"],
        tenant.members("All staff").len()
    );
    let writes = tenant.statistics["writes"].as_u64().unwrap();
    assert!(writes <= 10_000 / 20 + 20, "{writes} writes");
}

#[test]
fn members_that_two_groups_share_are_added_once() {
    let input =
        "SourceGroup,DestinationGroup\nDepartment Bakery,Leavers 2019\nAll staff,Leavers 2019\n";
    // Writers who meet are another matter.
    let alone = Scenario::from_toml("[service]\nconcurrency_violations = 0.0").unwrap();
    let (done, tenant) = Rehearsal::of("copy-members", input).run(&alone);
    assert_eq!(tenant.members("Leavers 2019"), tenant.members("All staff"));
    let (bakery, all) = (
        tenant.members("Department Bakery").len(),
        tenant.members("All staff").len(),
    );
    assert_eq!(
        (done.counts()["succeeded"], done.counts()["unchanged"]),
        (all, bakery)
    );
    assert_eq!(
        tenant.inner("PATCH").keys().collect::<Vec<_>>(),
        [&204],
        "no write was in vain"
    );
}

#[test]
fn an_empty_destination_is_filled_and_a_second_run_changes_nothing() {
    let input = "SourceGroup,DestinationGroup\nDepartment Bakery,Leavers 2019\n";
    let (done, _) = Rehearsal::of("copy-members", input).run(&Scenario::default());
    assert_eq!(done.counts().keys().collect::<Vec<_>>(), [&"succeeded"]);
    // The result file can be run again: a row for each member.
    let (again, tenant) = Rehearsal::of("copy-members", &done.text).run(&Scenario::default());
    assert_eq!(again.counts()["succeeded"], done.lines.len());
    assert_eq!(
        tenant.members("Leavers 2019"),
        tenant.members("Department Bakery")
    );
    assert_eq!(again.column("MemberName"), done.column("MemberName"));
}

#[test]
fn a_refused_row_keeps_everything_from_being_sent_unless_told_otherwise() {
    let troubles = || Rehearsal::of_file("phone", sample("phone-troubles.csv"));
    let (done, tenant) = troubles().run(&Scenario::default());
    assert!(matches!(done.summary().ended, Ended::Refused));
    assert_eq!(tenant.statistics["batches"], 0);
    assert_eq!(
        (done.counts()["refused"], done.counts()["not_attempted"]),
        (8, 10)
    );
    assert_eq!(
        done.files,
        ["results.csv"],
        "nothing happened, so there is no run file to keep"
    );
    let (done, tenant) = troubles().skipping_refused().run(&Scenario::default());
    assert!(matches!(done.summary().ended, Ended::Done));
    assert!(tenant.statistics["batches"].as_u64().unwrap() > 0);
    assert!(!done.counts().contains_key("not_attempted"));
}

#[test]
fn a_group_that_cannot_be_written_keeps_every_group_from_being_written() {
    let input = "SourceGroup,DestinationGroup\nDepartment Bakery,Leavers 2019\nDepartment Bakery,Full-time staff\n";
    let (done, tenant) = Rehearsal::of("copy-members", input).run(&Scenario::default());
    assert!(matches!(done.summary().ended, Ended::Refused));
    assert_eq!(done.column("ResultStatus"), ["not_attempted", "refused"]);
    assert!(done.lines[1]["ResultErrorMessage"].contains("`Full-time staff`"));
    assert_eq!(tenant.statistics["writes"], 0);
}

#[test]
fn only_the_first_rows_are_run_where_a_limit_is_given() {
    let mut rehearsal = Rehearsal::of_file("phone", sample("phone.csv"));
    rehearsal.rows = Some(3);
    let (done, _) = rehearsal.run(&Scenario::default());
    assert_eq!(done.lines.len(), 3);
}

#[test]
fn another_number_is_updated_kept_or_a_failure_as_chosen() {
    let golden = std::fs::read_to_string(sample("phone.results.csv")).unwrap();
    let updated = crate::support::read_lines(&golden)
        .into_iter()
        .filter(|line| line["ResultAction"] == "updated")
        .count();
    for (choice, status) in [
        ("update", "succeeded"),
        ("keep", "unchanged"),
        ("fail", "failed"),
    ] {
        let rehearsal =
            Rehearsal::of_file("phone", sample("phone.csv")).with("on-existing", choice);
        let (done, tenant) = rehearsal.run(&Scenario::default());
        let counts = done.counts();
        let expected = match status {
            "succeeded" => (180, 20, None),
            "unchanged" => (160, 40, None),
            _ => (160, 20, Some(updated)),
        };
        assert_eq!(
            (
                counts["succeeded"],
                counts["unchanged"],
                counts.get("failed").copied()
            ),
            expected
        );
        for line in &done.lines {
            let number = &tenant.user(&line["UserName"])["phones"]["mobile"];
            assert_eq!(*number, line["ResultPhoneNumber"], "{choice}");
        }
    }
}

#[test]
fn a_usable_pass_is_kept_replaced_or_a_failure_as_chosen() {
    for (choice, expected) in [
        ("keep", [53, 7, 0]),
        ("replace", [60, 0, 0]),
        ("fail", [53, 0, 7]),
    ] {
        let rehearsal = Rehearsal::of_file("tap", sample("tap.csv")).with("on-existing", choice);
        let (done, tenant) = rehearsal.run(&Scenario::default());
        let count = |status| done.counts().get(status).copied().unwrap_or_default();
        assert_eq!(
            ["succeeded", "unchanged", "failed"].map(count),
            expected,
            "{choice}"
        );
        for line in done
            .lines
            .iter()
            .filter(|line| !line["TemporaryAccessPass"].is_empty())
        {
            assert_eq!(
                tenant.user(&line["UserName"])["pass"]["value"],
                line["TemporaryAccessPass"]
            );
        }
    }
}

#[test]
fn the_row_wins_over_the_option_for_the_whole_file() {
    let users = crate::support::read_lines(&std::fs::read_to_string(sample("tap.csv")).unwrap());
    let golden = std::fs::read_to_string(sample("tap.results.csv")).unwrap();
    let new = crate::support::read_lines(&golden);
    let names: Vec<&str> = users
        .iter()
        .zip(&new)
        .filter(|(_, result)| result["ResultAction"] == "created")
        .map(|(user, _)| user["UserName"].as_str())
        .take(2)
        .collect();
    let input = format!(
        "UPN,Lifetime,one-time\n{},90,no\n{},,\n",
        names[0], names[1]
    );
    let rehearsal = Rehearsal::of("tap", &input)
        .with("lifetime", "120")
        .with("usable-once", "");
    let (done, _) = rehearsal.run(&Scenario::default());
    assert_eq!(done.column("ResultUsableOnce"), ["false", "true"]);
    let minutes = |line: usize| {
        let parse = |name: &str| {
            let rfc = &time::format_description::well_known::Rfc3339;
            time::OffsetDateTime::parse(&done.lines[line][name], rfc).unwrap()
        };
        (parse("ResultExpiresAt") - parse("ResultStartsAt")).whole_minutes()
    };
    assert_eq!([minutes(0), minutes(1)], [90, 120]);
}

#[test]
fn unknown_columns_are_carried_and_result_columns_are_replaced() {
    let users = crate::support::read_lines(&std::fs::read_to_string(sample("phone.csv")).unwrap());
    let row = &users[0];
    let input = format!(
        "Store,ResultStatus,user name,Phone,Resultat\n\"7, back\",failed,{},{},x\n",
        row["UserName"], row["PhoneNumber"]
    );
    let (done, _) = Rehearsal::of("phone", &input).run(&Scenario::default());
    let header = done.text.lines().next().unwrap();
    assert!(
        header.starts_with("Store,user name,Phone,Resultat,ResultStatus,ResultAction,"),
        "{header}"
    );
    assert_eq!(done.column("Store"), ["7, back"]);
    assert_ne!(done.column("ResultStatus"), ["failed"]);
}

#[test]
fn results_of_a_run_can_be_run_again() {
    let (done, _) = Rehearsal::of_file("phone", sample("phone.csv")).run(&Scenario::default());
    let (again, _) = Rehearsal::of("phone", &done.text).run(&Scenario::default());
    assert_eq!(again.text.lines().next(), done.text.lines().next());
    assert_eq!(again.column("UserName"), done.column("UserName"));
}
