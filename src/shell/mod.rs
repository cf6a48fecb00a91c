//! The outside: clock, transports, tokens, files, terminal. What is decided elsewhere is carried
//! out here.

pub mod clock;
mod companies;
mod conversations;
pub mod driver;
pub mod files;
pub mod fingerprint;
pub mod http;
pub mod input;
pub mod loopback;
pub mod pace_trace;
pub mod progress;
pub mod progress_note;
pub mod results;
pub mod run_file;
pub mod speed;
pub mod token;
pub mod transport;
