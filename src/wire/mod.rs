//! The `$batch` protocol as bytes (Graph: JSON batching). Pure.

mod reply;
mod request;
mod retry_after;
mod throttle;

pub use reply::{BatchReply, HttpReply, decode};
pub use request::encode;
pub use retry_after::parse as parse_retry_after;
