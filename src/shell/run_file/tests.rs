use super::*;
use crate::engine::Outcome;
use crate::jobs::{Action, NewItem, Sent, Settlement};
use serde_json::json;
use std::collections::BTreeMap;
use tempfile::TempDir;
use time::macros::datetime;

pub(super) const NOW: OffsetDateTime = datetime!(2026-11-20 09:00:00.75 UTC);

pub(super) fn header(tenant: &str) -> Header {
    let text = |text: &str| text.to_owned();
    Header {
        job: text("tap"),
        input: text("tap.csv"),
        input_fingerprint: String::new(),
        tenant: text(tenant),
        tenant_id: String::new(),
        options: BTreeMap::new(),
        columns: Vec::new(),
        results: text("tap.results.csv"),
        skip_refused: false,
        started_at: text("2026-11-20T09:00:00Z"),
    }
}

fn new_item(key: &str) -> NewItem {
    NewItem {
        key: key.to_owned(),
        company: None,
        stage: Stage::Work,
        content: json!({"k": key}).to_string(),
        fields: Vec::new(),
    }
}

/// A run file with a row and an item for each key, and the items' ids.
pub(super) fn with_items(folder: &TempDir, keys: &[&str]) -> (RunFile, Vec<ItemId>) {
    let mut run_file = RunFile::create(&folder.path().join("a.run"), &header("https://x")).unwrap();
    for (line, key) in (2..).zip(keys) {
        let row = run_file.add_row(line, &["cell".to_owned()]).unwrap();
        run_file.add_item(row, &new_item(key)).unwrap();
    }
    run_file.rows_are_in("the same person").unwrap();
    let items = run_file
        .pull(Stage::Work, ItemId(0), RowId::LAST, 100)
        .unwrap();
    (run_file, items.iter().map(|item| item.id).collect())
}

fn lines(run_file: &RunFile) -> Vec<Line> {
    let mut lines = Vec::new();
    run_file
        .for_each_line(|line| {
            lines.push(line);
            Ok::<_, ()>(())
        })
        .unwrap()
        .unwrap();
    lines
}

fn statuses(run_file: &RunFile) -> Vec<&'static str> {
    lines(run_file)
        .iter()
        .map(|line| line.status.as_str())
        .collect()
}

#[test]
fn what_was_committed_is_there_after_the_file_was_closed_and_the_rest_is_not() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, items) = with_items(&folder, &["a", "b"]);
    run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
    run_file.commit().unwrap();
    let mut pass =
        Settlement::succeeded(Action::Created).with("ResultUsability", "EnabledByPolicy");
    pass.secret = Some("s3cret".into());
    run_file.settle(items[0], &pass, 2, NOW).unwrap();
    run_file.commit().unwrap();
    run_file.settle(items[1], &pass, 1, NOW).unwrap();
    drop(run_file);
    let mut run_file = RunFile::open(&folder.path().join("a.run")).unwrap();
    assert_eq!(statuses(&run_file), ["succeeded", "sent"]);
    assert_eq!(
        (run_file.tally().sent, run_file.tally().not_attempted()),
        (1, 0)
    );
    assert_eq!(run_file.header().unwrap(), header("https://x"));
    let line = &lines(&run_file)[0];
    assert_eq!(
        (line.attempts, line.finished_at.as_str()),
        (2, "2026-11-20T09:00:00Z")
    );
    assert_eq!(line.findings["ResultUsability"], "EnabledByPolicy");
    assert!(line.secret.is_some());
    assert_eq!(
        (
            run_file.tally().lines,
            run_file.tally().count(Outcome::Succeeded)
        ),
        (2, 1)
    );
    let pending = run_file
        .pull(Stage::Work, ItemId(0), RowId::LAST, 100)
        .unwrap();
    let at = Sent::at(datetime!(2026-11-20 09:00:00 UTC));
    assert_eq!(pending[0].sent, Some(at));
    assert_eq!(pending[0].content, r#"{"k":"b"}"#);
}

/// The run file as the next process finds it, after the last commit of this one.
fn after_a_crash(mut run_file: RunFile) -> RunFile {
    run_file.commit().unwrap();
    let path = run_file.path.clone();
    drop(run_file);
    RunFile::open(&path).unwrap()
}

#[test]
fn the_times_of_the_first_and_the_last_intent_are_kept_until_the_write_is_known_not_to_have_run() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, items) = with_items(&folder, &["a"]);
    let sent =
        |file: &mut RunFile| file.pull(Stage::Work, ItemId(0), RowId::LAST, 1).unwrap()[0].sent;
    let first = Sent::at(NOW.replace_nanosecond(0).unwrap());
    run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
    // What came back says nothing.
    run_file.landed(BatchId(1)).unwrap();
    let mut run_file = after_a_crash(run_file);
    assert_eq!(sent(&mut run_file), Some(first));
    for hours in [1, 2].map(time::Duration::hours) {
        run_file
            .sent(BatchId(1), items.clone(), NOW + hours)
            .unwrap();
        run_file = after_a_crash(run_file);
        let both = first.and_at(first.first + hours);
        assert_eq!(sent(&mut run_file), Some(both));
    }
    run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
    run_file.returned(&items).unwrap();
    run_file.landed(BatchId(1)).unwrap();
    let mut run_file = after_a_crash(run_file);
    assert_eq!(sent(&mut run_file), None);
    run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
    run_file
        .settle(items[0], &Settlement::succeeded(Action::Created), 1, NOW)
        .unwrap();
    assert_eq!(lines(&run_file)[0].attempts, 5);
}

#[test]
fn a_crash_with_batches_on_their_way_leaves_their_items_sent_and_no_others() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, items) = with_items(&folder, &["a", "b", "c", "d", "e"]);
    run_file.sent(BatchId(1), items[..3].to_vec(), NOW).unwrap();
    run_file
        .sent(BatchId(2), items[3..4].to_vec(), NOW)
        .unwrap();
    run_file
        .settle(items[0], &Settlement::succeeded(Action::Created), 1, NOW)
        .unwrap();
    run_file.returned(&items[1..2]).unwrap();
    run_file.landed(BatchId(1)).unwrap();
    let expected = ["succeeded", "pending", "sent", "sent", "pending"];
    assert_eq!(statuses(&run_file), expected);
    let tally = run_file.tally().clone();
    assert_eq!((tally.sent, tally.not_attempted()), (2, 2));
    let mut run_file = after_a_crash(run_file);
    assert_eq!(statuses(&run_file), expected);
    assert_eq!(run_file.tally(), &tally);
    let open = run_file
        .pull(Stage::Work, ItemId(0), RowId::LAST, 100)
        .unwrap();
    let sent: Vec<bool> = open.iter().map(|item| item.sent.is_some()).collect();
    assert_eq!(sent, [false, true, true, false]);
    let sent = lines(&run_file);
    assert_eq!((sent[2].attempts, sent[3].attempts), (1, 1));
}

#[test]
fn what_ended_badly_can_be_run_again_and_its_history_is_kept() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, items) = with_items(&folder, &["done", "declined", "lost"]);
    run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
    let mut failed = Settlement::new(Outcome::Failed, None);
    failed.error_code = "Denied".to_owned();
    for (item, settlement) in [
        (items[0], Settlement::succeeded(Action::Created)),
        (items[1], failed),
        (items[2], Settlement::in_doubt("no reply")),
    ] {
        run_file.settle(item, &settlement, 1, NOW).unwrap();
    }
    run_file.landed(BatchId(1)).unwrap();
    let mut run_file = after_a_crash(run_file);
    let later = NOW + time::Duration::HOUR;
    let again = [Outcome::Failed, Outcome::InDoubt];
    assert_eq!(run_file.retry(&again, later).unwrap(), 2);
    let run_file = &mut after_a_crash(run_file);
    assert_eq!(statuses(run_file), ["succeeded", "pending", "sent"]);
    assert_eq!(
        (run_file.tally().sent, run_file.tally().not_attempted()),
        (1, 1)
    );
    let open = run_file
        .pull(Stage::Work, ItemId(0), RowId::LAST, 9)
        .unwrap();
    // Whoever looks has to know when that was made which may be its work.
    let sent: Vec<_> = open.iter().map(|item| item.sent).collect();
    let at = Sent::at(datetime!(2026-11-20 09:00:00 UTC));
    assert_eq!(sent, [None, Some(at)]);
    let attempts: Vec<u32> = lines(run_file).iter().map(|line| line.attempts).collect();
    assert_eq!(attempts, [1, 0, 1]);
    assert!(run_file.retry(&[Outcome::Succeeded], later).is_err());
    let mut history = run_file
        .connection
        .prepare("SELECT status, error_code, attempts, retried_at FROM history")
        .unwrap();
    let history: Vec<(String, String, u32, String)> = history
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let at = || "2026-11-20T10:00:00Z".to_owned();
    assert_eq!(
        history,
        [
            ("failed".to_owned(), "Denied".to_owned(), 1, at()),
            ("in_doubt".to_owned(), String::new(), 1, at())
        ]
    );
}

#[test]
fn an_impossible_event_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, items) = with_items(&folder, &["a"]);
    let error = run_file
        .settle(items[0], &Settlement::succeeded(Action::Created), 1, NOW)
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("item 1 is pending, so it cannot be succeeded now"),
        "{message}"
    );
}

#[test]
fn rows_that_ask_for_the_same_are_all_refused() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, _) = with_items(&folder, &["a", "b", "a", "c", "b", "a"]);
    let refused = [
        "refused", "refused", "refused", "pending", "refused", "refused",
    ];
    assert_eq!(statuses(&run_file), refused);
    let same_as = |line: u64| format!("is for the same person as line {line}: keep one of them");
    let expected = [(2, 4), (3, 6), (4, 2), (6, 3), (7, 2)];
    let expected = expected.map(|(line, other)| (line, same_as(other)));
    assert_eq!(run_file.refusals(10).unwrap(), expected);
    assert_eq!(run_file.refusals(2).unwrap(), expected[..2]);
    let tally = run_file.tally();
    assert_eq!((tally.lines, tally.count(Outcome::Refused)), (6, 5));
    assert_eq!(run_file.retry(&[Outcome::Refused], NOW).unwrap(), 0);
    assert_eq!(
        statuses(&run_file),
        refused,
        "whatever the user wants to be run again"
    );
}

#[test]
fn a_file_is_as_it_was_made_where_the_program_died_before_all_rows_were_in() {
    let (folder, copies) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut run_file = RunFile::create(&folder.path().join("a.run"), &header("https://x")).unwrap();
    let cell = "x".repeat(100_000);
    // More than the cache holds, so that part of it is in the file.
    for line in 2..100 {
        run_file.add_row(line, std::slice::from_ref(&cell)).unwrap();
    }
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copies.path().join(entry.file_name())).unwrap();
    }
    let copy = copies.path().join("a.run");
    assert!(std::fs::metadata(&copy).unwrap().len() > 1_000_000);
    let mut copy = RunFile::open(&copy).unwrap();
    assert_eq!(copy.header().unwrap(), header("https://x"));
    assert_eq!(copy.add_row(2, &[cell]).unwrap(), RowId(1));
}

#[test]
fn what_was_found_is_taken_in_once_however_often_it_is_found() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, items) = with_items(&folder, &["pair"]);
    let found = [
        (new_item("m1"), None),
        (new_item("m2"), Some(Settlement::kept())),
    ];
    run_file.found(items[0], &found, NOW).unwrap();
    run_file.found(items[0], &found, NOW).unwrap();
    // Found again after a crash, when the first one was added meanwhile.
    run_file
        .found(items[0], &[(new_item("m1"), Some(Settlement::kept()))], NOW)
        .unwrap();
    run_file.expanded(items[0]).unwrap();
    assert_eq!(statuses(&run_file), ["pending", "unchanged"]);
    assert_eq!(run_file.tally().lines, 2);
}

#[test]
fn what_two_rows_ask_for_is_worked_on_once_and_ends_for_both() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, pairs) = with_items(&folder, &["pair 1", "pair 2"]);
    let found = [
        (new_item("m1"), None),
        (new_item("m2"), None),
        (new_item("m3"), None),
    ];
    run_file.found(pairs[0], &found, NOW).unwrap();
    let members = run_file
        .pull(Stage::Work, pairs[1], RowId::LAST, 100)
        .unwrap();
    let ids: Vec<ItemId> = members.iter().map(|item| item.id).collect();
    run_file.sent(BatchId(1), ids.clone(), NOW).unwrap();
    let added = Settlement::succeeded(Action::Added);
    run_file.settle(ids[0], &added, 1, NOW).unwrap();
    run_file.found(pairs[1], &found, NOW).unwrap();
    assert_eq!(
        run_file
            .pull(Stage::Work, ids[2], RowId::LAST, 100)
            .unwrap(),
        [],
        "twins are not worked on"
    );
    run_file.settle(ids[1], &added, 1, NOW).unwrap();
    run_file
        .settle(ids[2], &Settlement::in_doubt("lost"), 1, NOW)
        .unwrap();
    for pair in pairs {
        run_file.expanded(pair).unwrap();
    }
    let expected = [
        "succeeded",
        "succeeded",
        "in_doubt",
        "unchanged",
        "unchanged",
        "in_doubt",
    ];
    assert_eq!(statuses(&run_file), expected);
    assert_eq!(run_file.tally().lines, 6);
}

#[test]
fn what_was_as_asked_for_one_row_was_kept_for_the_next() {
    for ending in [Settlement::kept(), Settlement::succeeded(Action::Added)] {
        let folder = TempDir::new().unwrap();
        let (mut run_file, pairs) = with_items(&folder, &["pair 1", "pair 2"]);
        let found = [(new_item("m"), None)];
        run_file.found(pairs[0], &found, NOW).unwrap();
        let member = run_file.pull(Stage::Work, pairs[1], RowId(9), 1).unwrap()[0].id;
        run_file.sent(BatchId(1), vec![member], NOW).unwrap();
        run_file.settle(member, &ending, 1, NOW).unwrap();
        run_file.found(pairs[1], &found, NOW).unwrap();
        let last = lines(&run_file).pop().unwrap();
        assert_eq!((last.status.as_str(), &*last.action), ("unchanged", "kept"));
    }
}

#[test]
fn a_file_that_is_none_of_ours_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("x.run");
    for content in [
        "",
        "not a database at all, only some text that is long enough to be one",
    ] {
        std::fs::write(&path, content).unwrap();
        assert!(
            matches!(RunFile::open(&path), Err(RunFileError::NotARunFile { .. })),
            "{content}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    assert!(
        RunFile::create(&path, &header("x")).is_err(),
        "it never takes a file that is there"
    );
}

#[test]
fn a_file_of_another_version_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.run");
    let (mut run_file, _) = with_items(&folder, &["a"]);
    run_file.commit().unwrap();
    run_file
        .connection
        .pragma_update(None, "user_version", 7)
        .unwrap();
    drop(run_file);
    let message = RunFile::open(&path).unwrap_err().to_string();
    assert!(message.contains("has version 7 of the format"), "{message}");
}

#[test]
fn a_second_opening_is_refused_while_the_first_lasts() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, _) = with_items(&folder, &["a"]);
    run_file.commit().unwrap();
    let path = folder.path().join("a.run");
    assert!(matches!(
        RunFile::open(&path),
        Err(RunFileError::InUse { .. })
    ));
    drop(run_file);
    assert!(RunFile::open(&path).is_ok());
}

#[test]
fn only_a_file_that_could_be_missed_stands_in_the_way() {
    let folder = TempDir::new().unwrap();
    let (mut run_file, items) = with_items(&folder, &["a"]);
    assert!(!run_file.holds_truth().unwrap(), "nothing was sent");
    run_file.sent(BatchId(1), items.clone(), NOW).unwrap();
    assert!(run_file.holds_truth().unwrap());
    run_file
        .settle(items[0], &Settlement::new(Outcome::Failed, None), 1, NOW)
        .unwrap();
    assert!(run_file.holds_truth().unwrap());
    let sandbox = RunFile::create(&folder.path().join("b.run"), &header(Header::SANDBOX)).unwrap();
    assert!(!sandbox.holds_truth().unwrap(), "its tenant is gone");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let (mut run_file, _) = with_items(&folder, &["a"]);
    run_file.commit().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
    }
}
