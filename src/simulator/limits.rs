//! How much the service lets through.
//!
//! Every request is charged on its own, inside a batch as well as outside (Graph: throttling). The
//! directory counts two things, resource units and writes; the authentication methods count
//! requests. All of them are buckets that refill steadily.

use std::time::Duration;

use time::OffsetDateTime;

use super::protocol::call::Call;
use super::protocol::error::GraphError;
use super::protocol::odata::Query;
use super::protocol::reply::Reply;
use super::protocol::routing::{Question, Reach, Route};
use super::protocol::workload::Workload;
use super::scenario;

/// What one request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Charge {
    workload: Workload,
    units: u32,
    write: bool,
}

impl Charge {
    /// The cost of a request (Graph: throttling limits, identity and access).
    pub(super) fn of(call: &Call<'_>) -> Self {
        let query = call.options().unwrap_or_default();
        let write = call.method.is_write() && !call.route.only_reads();
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

    /// Whether the request changes something.
    pub(super) fn is_write(self) -> bool {
        self.write
    }

    /// The value of `x-ms-resource-unit`, which only directory objects carry.
    pub(super) fn resource_unit_header(self) -> Option<String> {
        (self.workload == Workload::Directory).then(|| self.units.to_string())
    }
}

/// POST, PATCH, PUT and DELETE cost one unit each (Graph: throttling limits).
const WRITE_UNITS: u32 = 1;

/// Reads cost by address; `$expand` costs one unit more, `$select` and a small `$top` each save one,
/// down to one. Looking objects up by their ids saves three with `$select`.
fn read_units(route: &Route, query: &Query) -> u32 {
    let selects = !query.select.is_empty();
    let base: u32 = match route {
        Route::DirectoryObjectsByIds if selects => 3,
        Route::DirectoryObjectsByIds
        | Route::TransitiveMembers { .. }
        | Route::TransitiveMemberCount { .. }
        | Route::MembersOfType {
            reach: Reach::Transitive,
            ..
        }
        | Route::MemberCountOfType {
            reach: Reach::Transitive,
            ..
        } => 5,
        Route::Memberships {
            question: Question::CheckMemberGroups | Question::CheckMemberObjects,
            ..
        } => 4,
        Route::Members { .. }
        | Route::MemberCount { .. }
        | Route::MembersOfType { .. }
        | Route::MemberCountOfType { .. } => 3,
        Route::Users
        | Route::UserCount
        | Route::User { .. }
        | Route::LicenseDetails { .. }
        | Route::MemberOf { .. }
        | Route::Memberships { .. } => 2,
        _ => 1,
    };
    let dearer = base + u32::from(query.expand.is_some());
    let saved = u32::from(selects) + u32::from(query.is_small_page());
    dearer.saturating_sub(saved).max(1)
}

/// The limits of the tenant and what is left of them.
#[derive(Debug)]
pub(super) struct Limits {
    units: TokenBucket,
    writes: TokenBucket,
    authentication_methods: TokenBucket,
}

/// The service says no for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Throttled {
    /// When the same request would pass if nothing else came in between; never zero.
    pub(super) retry_after: Duration,
}

impl Throttled {
    /// `Retry-After` in whole seconds, rounded up, so that a caller who obeys is not refused again.
    pub(super) fn reply(self) -> Reply {
        let whole = self.retry_after.as_secs() + u64::from(self.retry_after.subsec_nanos() > 0);
        Reply::from(GraphError::too_many_requests())
            .with_header("Retry-After", whole.max(1).to_string())
    }
}

impl Limits {
    pub(super) fn new(limits: &scenario::Limits) -> Self {
        let directory = &limits.directory;
        let methods = &limits.authentication_methods;
        Self {
            units: TokenBucket::per_window(
                directory.units.get(),
                directory.units_per_seconds.get(),
            ),
            writes: TokenBucket::per_window(
                directory.writes.get(),
                directory.writes_per_seconds.get(),
            ),
            authentication_methods: TokenBucket::new(
                methods.burst.get(),
                Duration::from_secs(1) / methods.requests_per_second.get(),
            ),
        }
    }

    /// Takes the cost of a request from all buckets it concerns, or from none.
    ///
    /// A refused try takes nothing. Graph counts refused tries too; that belongs here.
    pub(super) fn charge(&mut self, charge: Charge, now: OffsetDateTime) -> Result<(), Throttled> {
        match charge.workload {
            Workload::Directory => {
                let writes = u32::from(charge.write);
                let wait = self
                    .units
                    .wait(charge.units, now)
                    .max(self.writes.wait(writes, now));
                if let Some(retry_after) = wait {
                    return Err(Throttled { retry_after });
                }
                self.units.take(charge.units, now);
                self.writes.take(writes, now);
            }
            Workload::AuthenticationMethods => {
                if let Some(retry_after) = self.authentication_methods.wait(1, now) {
                    return Err(Throttled { retry_after });
                }
                self.authentication_methods.take(1, now);
            }
        }
        Ok(())
    }
}

/// A bucket kept as the moment at which it will be full again, so that no fraction of a token is
/// ever rounded away.
#[derive(Debug)]
struct TokenBucket {
    per_token: Duration,
    /// How long an empty bucket takes to fill.
    depth: Duration,
    /// `None` until the first token is taken.
    full_at: Option<OffsetDateTime>,
}

impl TokenBucket {
    fn new(burst: u32, per_token: Duration) -> Self {
        Self {
            per_token,
            depth: per_token * burst,
            full_at: None,
        }
    }

    fn per_window(tokens: u32, seconds: u32) -> Self {
        Self::new(tokens, Duration::from_secs(seconds.into()) / tokens)
    }

    /// How long until that many tokens are there; `None` when they are.
    fn wait(&self, tokens: u32, now: OffsetDateTime) -> Option<Duration> {
        let missing = self.filled_at(now) + self.per_token * tokens - self.depth - now;
        Duration::try_from(missing)
            .ok()
            .filter(|wait| tokens > 0 && !wait.is_zero())
    }

    fn take(&mut self, tokens: u32, now: OffsetDateTime) {
        self.full_at = Some(self.filled_at(now) + self.per_token * tokens);
    }

    fn filled_at(&self, now: OffsetDateTime) -> OffsetDateTime {
        self.full_at.map_or(now, |full_at| full_at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::protocol::routing::Method;
    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 08:00 UTC);

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
        costs("/groups/1/members/microsoft.graph.user", "$count=true", 3);
        costs("/groups/1", "$expand=members", 2);
        costs("/users/1/licenseDetails", "", 2);
        costs("/users/1/checkMemberGroups", "", 4);
        costs("/users/1/getMemberGroups", "", 2);
        costs("/users/1/memberOf", "", 2);
        costs("/directoryObjects/getByIds", "", 5);
        costs("/directoryObjects/getByIds", "$select=id", 2);
    }

    #[test]
    fn only_methods_that_change_something_are_writes() {
        for method in [Method::Post, Method::Patch, Method::Put, Method::Delete] {
            assert!(method.is_write());
        }
        assert!(!Method::Get.is_write());
    }

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_its_rate() {
        let mut bucket = TokenBucket::new(3, Duration::from_millis(100));
        for _ in 0..3 {
            assert_eq!(bucket.wait(1, START), None);
            bucket.take(1, START);
        }
        assert_eq!(bucket.wait(1, START), Some(Duration::from_millis(100)));
        let later = START + Duration::from_millis(99);
        assert_eq!(bucket.wait(1, later), Some(Duration::from_millis(1)));
        assert_eq!(bucket.wait(1, START + Duration::from_millis(100)), None);
        assert_eq!(bucket.wait(3, START + Duration::from_mins(1)), None);
        assert!(bucket.wait(4, START + Duration::from_mins(1)).is_some());
    }

    #[test]
    fn a_wait_is_never_zero() {
        let mut bucket = TokenBucket::per_window(3, 1);
        for step in 0..1000 {
            let now = START + Duration::from_nanos(step * 999_983);
            match bucket.wait(1, now) {
                None => bucket.take(1, now),
                Some(wait) => assert!(wait > Duration::ZERO),
            }
        }
    }
}
