//! What a request costs.

use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::odata::Query;
use crate::simulator::protocol::routing::Route;
use crate::simulator::protocol::workload::Workload;

/// What one request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    workload: Workload,
    units: u32,
    write: bool,
}

impl Charge {
    /// The cost of a request (Graph: throttling limits, identity and access).
    pub(crate) fn of(call: &Call<'_>) -> Self {
        let query = call.query().unwrap_or_default();
        let write = call.method.is_write();
        let units = if write {
            WRITE_UNITS
        } else {
            read_units(&call.route, &query)
        };
        Self {
            workload: call.route.workload(),
            units,
            write,
        }
    }

    /// Whose limits it concerns.
    pub(crate) fn workload(self) -> Workload {
        self.workload
    }

    /// Resource units of the directory.
    pub(crate) fn units(self) -> u32 {
        self.units
    }

    /// Whether the request changes something.
    pub(crate) fn is_write(self) -> bool {
        self.write
    }

    /// The value of `x-ms-resource-unit`, which only directory objects carry.
    pub(crate) fn resource_unit_header(self) -> Option<String> {
        (self.workload == Workload::Directory).then(|| self.units.to_string())
    }
}

/// POST, PATCH, PUT and DELETE cost one unit each (Graph: throttling limits).
const WRITE_UNITS: u32 = 1;

/// Reads cost by address; `$select` and a small `$top` each save one unit, down to one.
fn read_units(route: &Route, query: &Query) -> u32 {
    let base: u32 = match route {
        Route::Users | Route::User { .. } => 2,
        Route::Members { .. } | Route::MemberCount { .. } => 3,
        Route::TransitiveMembers { .. } => 5,
        _ => 1,
    };
    let saved = u32::from(!query.select.is_empty()) + u32::from(query.is_small_page());
    base.saturating_sub(saved).max(1)
}

#[cfg(test)]
mod tests {
    use crate::simulator::protocol::routing::Method;

    use super::*;

    #[track_caller]
    fn costs(path: &str, query: &str, units: u32) {
        let route = Route::parse(path).unwrap();
        assert_eq!(
            read_units(&route, &Query::parse(query).unwrap()),
            units,
            "{path}?{query}"
        );
    }

    #[test]
    fn reads_cost_what_the_table_says() {
        costs("/users/1", "", 2);
        costs("/users/1", "$select=id", 1);
        costs("/groups/1", "", 1);
        costs("/groups/1/members", "$top=999", 3);
        costs("/groups/1/members", "$select=id&$top=999", 2);
        costs("/groups/1/members", "$select=id&$top=5", 1);
        costs("/groups/1/transitiveMembers", "", 5);
        costs("/groups/1/transitiveMembers", "$select=id", 4);
    }

    #[test]
    fn only_methods_that_change_something_are_writes() {
        for method in [Method::Post, Method::Patch, Method::Put, Method::Delete] {
            assert!(method.is_write());
        }
        assert!(!Method::Get.is_write());
    }
}
