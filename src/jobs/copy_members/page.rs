//! A list of members, page by page.

use crate::engine::{Answer, Operation, Outcome, Workload};
use crate::jobs::Settlement;
use serde_json::Value;

/// A list on its way.
#[derive(Debug)]
pub(super) struct Pages {
    graph_root: String,
    /// The path of the page that is asked for.
    path: String,
    transitive: bool,
}

impl Pages {
    /// The list that begins at `path`.
    pub(super) fn new(path: String, transitive: bool, graph_root: &str) -> Self {
        Self {
            graph_root: graph_root.to_owned(),
            path,
            transitive,
        }
    }

    /// Asks for the page that is next. The largest has 999 members (Graph: list group members);
    /// costs are those of "Resource unit cost per operation", one less for `$select` (Graph:
    /// throttling limits).
    pub(super) fn ask(&self) -> Operation {
        let units = if self.transitive { 4 } else { 2 };
        Operation::get(Workload::Directory, self.path.clone(), units)
    }

    /// Reads the members on a page, and whether another one follows; or says how what it was read
    /// for ends.
    pub(super) fn read<'a>(
        &mut self,
        answer: &'a Result<Answer, String>,
    ) -> Result<(&'a [Value], bool), Box<Settlement>> {
        let answer = answer.as_ref().map_err(|why| unread(why))?;
        if !answer.is_success() {
            return Err(Settlement::failed(answer).into());
        }
        let members = answer
            .json()
            .and_then(|body| body.get("value"))
            .and_then(Value::as_array)
            .ok_or_else(|| unread("the service answered without a list of members"))?;
        let next = next_page(answer, &self.graph_root)?;
        let follows = next.is_some();
        if let Some(next) = next {
            if next == self.path {
                return Err(unread("the service's next page is the same one again").into());
            }
            self.path = next;
        }
        Ok((members, follows))
    }
}

/// What could not be read ends so.
pub(super) fn unread(why: &str) -> Settlement {
    let mut failed = Settlement::new(Outcome::Failed, None);
    why.clone_into(&mut failed.error_message);
    failed
}

/// The page that an answer names as the next one, or `None` after the last.
///
/// A link to any other host than the configured one is refused: it would carry the token there.
fn next_page(answer: &Answer, graph_root: &str) -> Result<Option<String>, Box<Settlement>> {
    let Some(link) = answer.text("@odata.nextLink") else {
        return Ok(None);
    };
    match link.strip_prefix(graph_root) {
        Some(path) if path.starts_with('/') => Ok(Some(path.to_owned())),
        _ => Err(unread(
            "the service's next page is on another host than the configured one; not followed",
        )
        .into()),
    }
}
