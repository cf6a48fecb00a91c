//! What it costs that every intent and every outcome is on the disk before anything else happens.

use bulkgraph::engine::BatchId;
use bulkgraph::jobs::{Action, NewItem, Settlement, Stage};
use bulkgraph::shell::run_file::{CheckedRow, Header, RowId, RunFile};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use time::macros::datetime;

/// The largest batch (Graph: JSON batching).
const BATCH: usize = 20;

/// Rows a second through a run file in `folder`, where each turn commits the outcomes of so many
/// batches and the intents of as many.
pub(super) fn rows_per_second(folder: &Path, rows: usize, batches_a_turn: usize) -> f64 {
    let at = datetime!(2026-11-20 09:00 UTC);
    let folder = tempfile::tempdir_in(folder).unwrap();
    let mut run_file = RunFile::create(&folder.path().join("a.run"), &header()).unwrap();
    let checked: Vec<CheckedRow> = (0..rows).map(row).collect();
    run_file.add_rows(&checked).unwrap();
    run_file.rows_are_in("the same person").unwrap();
    let items = run_file
        .pull(Stage::Work, bulkgraph::jobs::ItemId(0), RowId::LAST, rows)
        .unwrap();
    let items: Vec<_> = items.into_iter().map(|item| item.id).collect();
    let began = Instant::now();
    let mut landing: Vec<(BatchId, Vec<_>)> = Vec::new();
    let mut batches = items.chunks(BATCH).zip(1..).peekable();
    while batches.peek().is_some() || !landing.is_empty() {
        for (batch, items) in std::mem::take(&mut landing) {
            for item in &items {
                let settlement = Settlement::succeeded(Action::Created);
                run_file.settle(*item, &settlement, 1, at).unwrap();
            }
            run_file.landed(batch).unwrap();
        }
        for (items, id) in batches.by_ref().take(batches_a_turn) {
            run_file.sent(BatchId(id), items.to_vec(), at).unwrap();
            landing.push((BatchId(id), items.to_vec()));
        }
        run_file.commit().unwrap();
    }
    super::as_f64(rows) / began.elapsed().as_secs_f64()
}

fn row(number: usize) -> CheckedRow {
    let name = format!("person{number}@contoso.example");
    CheckedRow {
        line: u64::try_from(number).unwrap() + 2,
        cells: vec![name.clone(), "+49 1777000000".to_owned()],
        item: Ok(NewItem {
            key: name.clone(),
            company: None,
            stage: Stage::Work,
            content: format!(r#"{{"user":"{name}","number":"+49 1777000000"}}"#),
            fields: Vec::new(),
        }),
    }
}

fn header() -> Header {
    let text = |text: &str| text.to_owned();
    Header {
        job: text("phone"),
        input: text("wave.csv"),
        input_fingerprint: String::new(),
        tenant: text("https://graph.microsoft.com"),
        tenant_id: String::new(),
        options: BTreeMap::new(),
        columns: Vec::new(),
        results: text("wave.results.csv"),
        skip_refused: false,
        started_at: text("2026-11-20T09:00:00Z"),
    }
}
