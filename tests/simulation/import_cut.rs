//! What a program leaves that dies while it reads the input.
//!
//! Reading waits for nothing, so no future can be dropped in it; the files are made here as they are
//! on the disk at such moments.

use bulkgraph::jobs::{NewItem, Stage};
use bulkgraph::shell::run_file::{CheckedRow, Header, RunFile};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// Makes the run file of a run that died while it read the input. Says where it was.
pub(crate) fn leave(run_file: &Path, rng: &mut Rng) -> &'static str {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("input.run");
    let rows = rng.usize(1..200);
    let mut open = RunFile::create(&made, &header()).unwrap();
    let furnished = std::fs::read(&made).unwrap();
    let place = |file: &[u8], journal: &[u8]| {
        std::fs::write(run_file, file).unwrap();
        let mut beside = run_file.as_os_str().to_owned();
        beside.push("-journal");
        std::fs::write(beside, journal).unwrap();
    };
    match rng.u8(..5) {
        0 => {
            std::fs::write(run_file, b"").unwrap();
            "before anything was in the file"
        }
        1 => {
            std::fs::write(run_file, &furnished).unwrap();
            "before the first row"
        }
        2 => {
            open.add_rows(&(0..rows).map(row).collect::<Vec<_>>())
                .unwrap();
            std::fs::write(run_file, std::fs::read(&made).unwrap()).unwrap();
            "before the rows were committed"
        }
        part => {
            drop(open);
            let (file, journal) = half_committed(&made, rows);
            if part == 3 {
                let some = rng.usize(..journal.len());
                place(&furnished, &journal[..some]);
                return "while the journal was written";
            }
            let mut torn = file.clone();
            for (place, sector) in torn.chunks_mut(512).enumerate() {
                let old = furnished.get(place * 512..(place + 1) * 512);
                if let Some(old) = old.filter(|old| old.len() == sector.len() && rng.bool()) {
                    sector.copy_from_slice(old);
                }
            }
            torn.truncate(rng.usize(furnished.len()..=torn.len()));
            place(&torn, &journal);
            "while the rows were committed"
        }
    }
}

fn header() -> Header {
    let text = |text: &str| text.to_owned();
    Header {
        job: text("phone"),
        input: text("input.csv"),
        input_fingerprint: String::new(),
        tenant: text("https://rehearsal.example"),
        tenant_id: String::new(),
        options: BTreeMap::new(),
        columns: Vec::new(),
        results: text("results.csv"),
        skip_refused: false,
        started_at: text("2026-11-20T09:00:00Z"),
    }
}

fn row(number: usize) -> CheckedRow {
    let item = NewItem {
        key: format!("person {number}"),
        company: None,
        stage: Stage::Work,
        content: "{}".to_owned(),
        fields: Vec::new(),
    };
    CheckedRow {
        line: 2 + number as u64,
        cells: vec!["cell".repeat(20)],
        item: Ok(item),
    }
}

/// The file and its journal when some of a commit is in the file.
fn half_committed(run_file: &Path, rows: usize) -> (Vec<u8>, Vec<u8>) {
    let connection = rusqlite::Connection::open(run_file).unwrap();
    // Without room in memory, pages go to the file before the commit.
    connection
        .execute_batch("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN IMMEDIATE")
        .unwrap();
    for number in 0..rows + 200 {
        let cells = format!("[\"{}\"]", "cell".repeat(100));
        let insert = "INSERT INTO row (line, cells) VALUES (?1, ?2)";
        connection
            .execute(
                insert,
                rusqlite::params![i64::try_from(number).unwrap(), cells],
            )
            .unwrap();
    }
    let mut journal = run_file.as_os_str().to_owned();
    journal.push("-journal");
    (
        std::fs::read(run_file).unwrap(),
        std::fs::read(journal).unwrap(),
    )
}
