//! One Graph request, as the engine sees it.

use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Names a conversation's place with the scheduler; one operation of it is under way at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// Where in its conversation an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is the first one.
    Opening,
    /// It follows from an answer, which grows old while it waits.
    Continuing,
}

/// The HTTP methods that these jobs need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Create, or call an action.
    Post,
    /// Change.
    Patch,
}

impl Method {
    /// The method as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

/// A part of Graph with limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Workload {
    /// Users, groups, memberships: "Identity and access service limits" (Graph: throttling limits).
    Directory,
    /// Phone numbers and passes, which another service keeps, with limits that are not reliably
    /// documented.
    AuthenticationMethods,
}

impl Workload {
    /// Every workload, in the order in which their queues are looked at.
    pub const ALL: [Self; 2] = [Self::Directory, Self::AuthenticationMethods];

    /// Its name, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::AuthenticationMethods => "authentication_methods",
        }
    }
}

/// What a request costs of its workload's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Resource units (Graph: throttling limits, "Resource unit cost per operation").
    pub units: u32,
    /// Write requests.
    pub writes: u32,
}

impl Cost {
    /// A read of `units` resource units.
    pub const fn read(units: u32) -> Self {
        Self { units, writes: 0 }
    }

    /// Any write: one unit, one write.
    pub const WRITE: Self = Self {
        units: 1,
        writes: 1,
    };
}

/// What happens when a request is sent a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changes nothing in the tenant.
    Read,
    /// It writes, and twice is the same as once.
    Idempotent,
    /// It writes, and a second time may undo or repeat the first: look before sending it again.
    Once,
}

/// One Graph request; it carries one item or several.
#[derive(Clone, PartialEq)]
pub struct Operation {
    /// The HTTP method.
    pub method: Method,
    /// The path below the version root, with a leading `/` and percent-encoded.
    pub path: String,
    /// Headers besides `Content-Type`, which the wire adds where there is a body.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The JSON body.
    pub body: Option<Value>,
    /// Whose limits it counts against.
    pub workload: Workload,
    /// How much of them it takes.
    pub cost: Cost,
    /// Whether it may be repeated.
    pub effect: Effect,
    /// The object whose writers must not crowd, such as a group's id.
    pub target: Option<String>,
    /// How long to wait before it is sent for the first time.
    pub delay: Duration,
}

impl Operation {
    /// A read.
    pub fn get(workload: Workload, path: impl Into<String>, units: u32) -> Self {
        Self::new(
            Method::Get,
            workload,
            path.into(),
            Cost::read(units),
            Effect::Read,
        )
    }

    /// A write with a body.
    pub fn write(
        method: Method,
        workload: Workload,
        path: impl Into<String>,
        body: Value,
        effect: Effect,
    ) -> Self {
        Self {
            body: Some(body),
            ..Self::new(method, workload, path.into(), Cost::WRITE, effect)
        }
    }

    /// The same, sent `delay` from now at the earliest.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The same, counted among the writers of `target`.
    #[must_use]
    pub fn on(self, target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            ..self
        }
    }

    /// Whether it may change the tenant, so that the intent has to be on disk before it is sent.
    pub fn writes(&self) -> bool {
        self.effect != Effect::Read
    }

    fn new(method: Method, workload: Workload, path: String, cost: Cost, effect: Effect) -> Self {
        Self {
            method,
            path,
            headers: Vec::new(),
            body: None,
            workload,
            cost,
            effect,
            target: None,
            delay: Duration::ZERO,
        }
    }
}

/// Bodies hold phone numbers, and paths hold people: neither belongs into a log by accident.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("method", &self.method)
            .field("workload", &self.workload)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}
