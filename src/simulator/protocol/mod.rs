//! How Graph speaks: addresses, query options, bodies, refusals.
//!
//! Each file needs only those before it.

pub(crate) mod permission;

pub(crate) mod caller;

pub(crate) mod arrival;
pub(crate) mod literal;
pub(crate) mod workload;

pub(crate) mod error;
pub(crate) mod filter;
pub(crate) mod odata;
pub(crate) mod origin;
pub(crate) mod routing;

pub(crate) mod call;
pub(crate) mod reply;
