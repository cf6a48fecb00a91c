//! Behaviour of the whole, by theme.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod any_csv;
mod any_run;
mod asking;
mod bad_input;
mod choices;
mod command;
mod copying;
mod faults;
mod forgetting;
mod full_disk;
mod jobs;
mod kills;
mod limits;
mod mishaps;
mod pace;
mod readme;
mod rehearsal;
mod resuming;
mod samples;
mod scale;
mod scenarios;
mod selecting;
mod sign_in;
mod sign_in_scenarios;
mod simulate;
mod stopping;
mod support;
mod views;
