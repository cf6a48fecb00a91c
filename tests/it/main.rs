//! Behaviour of the whole, by theme.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod samples;
#[expect(dead_code, reason = "the vocabulary comes before its uses")]
mod support;
