//! The conversations about a row of each job, with any answers.

#![no_main]

#[expect(dead_code, reason = "half of it is for the other target")]
#[path = "../../it/any_run.rs"]
mod any_run;
#[path = "../../it/choices.rs"]
mod choices;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| any_run::any_replies(bytes));
