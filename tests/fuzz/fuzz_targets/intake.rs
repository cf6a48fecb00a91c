//! A CSV file of any bytes, as the input of each job. Run it with TMPDIR in memory.

#![no_main]

#[path = "../../it/any_csv.rs"]
mod any_csv;

use bulkgraph::jobs::REGISTRY;
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("{}.csv", std::process::id())));

fuzz_target!(|bytes: &[u8]| {
    if let Some((job, bytes)) = bytes.split_first() {
        let job = REGISTRY[usize::from(*job) % REGISTRY.len()];
        any_csv::any_csv(job, &FILE, bytes);
    }
});
