//! The contract: what Microsoft Graph promises, or was seen to do, asked of the simulator over raw
//! HTTP.
//!
//! The tests know nothing of how the simulator is built. Each is named for one rule; the line above
//! it says the rule, its standing and its source:
//!
//! - *documented*: Microsoft's documentation says so; the document is named as in its repository,
//!   such as `json-batching` or `group-post-members`.
//! - *observed*: users or public tools reported it; the place is named.
//! - *our reading*: it follows from the above, and no one has said it.
//!
//! The short key in brackets, such as `[batch-size]`, is the rule's name in talk and in commits.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod batch;
mod batch_order;
mod clients;
mod delta;
mod device_code;
mod errors;
mod faults;
mod finding;
mod groups;
mod http;
mod members;
mod passes;
mod phones;
mod policies;
mod quotas;
mod recorded;
mod sign_in;
mod sms_sign_in;
mod support;
mod throttling;
mod unknown;
