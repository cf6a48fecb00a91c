//! Whatever is in a CSV file: it is read to its end or refused with a reason, and never a row is
//! taken for another.

use bulkgraph::jobs::{Item, ItemId, Job, Settings, Step};
use bulkgraph::shell::input::Input;
use std::collections::BTreeMap;
use std::path::Path;
use time::macros::datetime;
use tokio::sync::watch;

/// Reads a file as a job's input.
pub(crate) fn any_csv(job: &dyn Job, path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    let started_at = datetime!(2026-11-20 09:00:00 UTC);
    let work = job.configure(&Settings {
        options: BTreeMap::new(),
        graph_root: "https://graph.example/v1.0".to_owned(),
        started_at,
    });
    let work = work.unwrap();
    let mut input = match Input::open(path, job.columns(), watch::channel(0).1) {
        Ok(input) => input,
        Err(refused) => return is_readable(&refused.to_string()),
    };
    let lines = 1 + bytes
        .iter()
        .filter(|byte| matches!(byte, b'\n' | b'\r'))
        .count();
    let places: Vec<usize> = (0..input.header().len()).collect();
    let mut last = 1;
    loop {
        let row = match input.next_row() {
            Ok(Some(row)) => row,
            Ok(None) => return,
            Err(refused) => return is_readable(&refused.to_string()),
        };
        assert!(row.line > last, "line {} after line {last}", row.line);
        assert!(
            row.line <= u64::try_from(lines).unwrap(),
            "{} of {lines}",
            row.line
        );
        last = row.line;
        assert_eq!(row.cells_at(&places).len(), places.len());
        match work.check(&input.fields(&row)) {
            Ok(new) => {
                assert!(!new.key.is_empty());
                let (id, content) = (ItemId(1), new.content);
                let item = Item {
                    id,
                    content,
                    sent: None,
                };
                let mut conversations = work.converse(vec![item]);
                let step = conversations.remove(0).start();
                assert!(matches!(step, Step::Call(_)), "{step:?}");
            }
            Err(refusals) => {
                assert!(!refusals.is_empty(), "refused without a reason");
                for refusal in refusals {
                    is_readable(&refusal.to_string());
                }
            }
        }
    }
}

/// A message that does to a terminal what it says and nothing else.
fn is_readable(message: &str) {
    assert!(!message.is_empty());
    assert!(!message.contains(char::is_control), "{message:?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkgraph::jobs;
    use proptest::prelude::*;

    /// What makes a difference to a reader of CSV, and to the jobs.
    const PARTS: &[&str] = &[
        ",",
        "\n",
        "\r",
        "\r\n",
        "\"",
        "\"\"",
        " ",
        "\u{feff}",
        "\u{1b}[31m",
        "a",
        "ana@halden.example",
        "+1 5555550100",
        "true",
        "480",
        "UserName",
        "PhoneNumber",
        "SourceGroup",
        "DestinationGroup",
        "5f0cbb1c-0b0e-4a5f-9d1e-0123456789ab",
    ];
    const HEADERS: &[&str] = &[
        "",
        "\u{feff}UserName,PhoneNumber,Lifetime\n",
        "From,To,Member,x\r\n",
    ];

    proptest! {
        #[test]
        fn no_bytes_are_misread(
            header in prop::sample::select(HEADERS),
            parts in prop::collection::vec(prop::sample::select(PARTS), 0..40),
            bytes in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let file = tempfile::NamedTempFile::new().unwrap();
            let text = [header.as_bytes(), parts.concat().as_bytes(), &bytes].concat();
            for job in jobs::REGISTRY {
                any_csv(*job, file.path(), &text);
            }
        }
    }
}
