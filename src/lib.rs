//! Bulk identity jobs against Microsoft Graph from CSV files.
//!
//! This page is for those who carry on the work; the README is for those who use the tool.
//!
//! # The way of a row
//!
//! ```text
//!  job.csv ─ input ─► rows ─ check ─► RUN FILE ─► conversation ─► scheduler ─► batch ─► transport ─► Graph
//!                                        ▲             ▲                                     │
//!                                        └─ outcomes ──┴───────────── replies ◄──────────────┘
//!  RUN FILE ─ results ─► job.results.csv          RUN FILE ─ tally ─► progress, summary
//! ```
//!
//! 1. The whole input is read and checked before anything is sent ([`run`], [`shell::input`]); good
//!    rows become *items* in the run file ([`shell::run_file`]), bad ones are refused there.
//! 2. Items are pulled in windows and become *conversations* ([`jobs`]): pure state machines that
//!    hear a reply and say what comes next, a call or the ending of their items. Items that may share
//!    a request form a *company*, such as the new members of one group; companies take turns.
//! 3. Calls go to the *scheduler* ([`engine`]), which decides what is sent when: quotas, pace,
//!    pauses, retries, batches.
//! 4. The *driver* ([`shell::driver`]) is the one loop. Each turn puts outcomes and intents on the
//!    disk with one commit, and only then sends and shows anything.
//! 5. Batches are bytes in [`wire`], and travel over a [`shell::transport::Transport`]: HTTP, or
//!    memory.
//! 6. Results are a view of the run file ([`shell::results`]) and can be written again at any time.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | job | a kind of work, by name |
//! | run | one execution of a job over one input |
//! | row | one line of the input |
//! | item | one unit of effect with one result line |
//! | company | items that may share a request |
//! | operation | one Graph request, for one item or for several |
//! | batch | up to 20 operations in one POST |
//! | reply | what came back for an operation: an answer, or *unknown* |
//! | verdict, decision | what a reply means; what is done about it |
//! | workload | a part of Graph with limits of its own |
//! | outcome | how an item ended; *in doubt* is one of its own |
//!
//! # Invariants
//!
//! Each is held by `tests/architecture.rs`.
//!
//! - [`engine`], [`jobs`] and [`wire`] are pure: they never name tokio, the file system, the
//!   network, a clock or a global source of randomness. Time and chance are arguments.
//! - Arrows point one way: `main → cli → run → shell → {jobs, wire, simulator} → engine`; `jobs`
//!   and `wire` know only `engine`, and `engine` knows nobody.
//! - [`simulator`] knows nothing of the client, and of the client only `shell/loopback.rs` and the
//!   command that serves it know the simulator. If both shared types, a wrong
//!   field name would agree with itself; both are tested against `samples/wire/*.json` instead.
//! - Adding a job is one file (or folder) in `src/jobs`, its `mod` line and its entry in
//!   [`jobs::REGISTRY`].
//! - Exit codes live in `cli/exit.rs`; only the run file, the results, the pace trace and the progress note
//!   write files, and `simulate` its certificate and its record.
//! - Nothing deletes: the client has no DELETE. (`DELETE /groups/{id}/members/{id}` without `/$ref`
//!   deletes the person.)

pub mod cli;
pub mod engine;
pub mod jobs;
pub mod run;
pub mod shell;
pub mod simulator;
pub mod wire;
