//! Members of a body by their kind, and the directory's refusal of one.

use serde_json::{Map, Value};

use super::wrong_kind;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::workload::Workload;

/// Text; `None` where it is left out or null.
pub(super) fn text<'b>(
    call: &Call<'_>,
    body: &'b Map<String, Value>,
    name: &str,
) -> Result<Option<&'b str>, GraphError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong_kind(call, other, "Edm.String")),
    }
}

/// True or false; `None` where it is left out or null.
pub(super) fn flag(
    call: &Call<'_>,
    body: &Map<String, Value>,
    name: &str,
) -> Result<Option<bool>, GraphError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(wrong_kind(call, other, "Edm.Boolean")),
    }
}

/// The directory does not take the request.
pub(super) fn refused(message: impl Into<String>) -> GraphError {
    GraphError::bad_request(Workload::Directory, message)
}
