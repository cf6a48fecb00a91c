//! What the service says about its limits beside an answer.

/// What the service says about its limits beside an answer (Graph: throttling limits, "Identity and
/// access service limits"). Only the directory says anything, and not always: what is absent means
/// nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Throttle {
    /// How much of its limit the caller uses, 1.0 being all of it. Documented to be there only
    /// above 0.8, and to go up to 1.8.
    pub percentage: Option<f64>,
    /// The resource units that this request cost.
    pub units: Option<u32>,
    /// Which limit was hit. Beside a refusal only.
    pub scope: Option<Scope>,
    /// Why the service refused. Beside a refusal only.
    pub information: Option<Information>,
}

/// Which limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose limit it is.
    pub whose: Whose,
    /// What it counts.
    pub counts: Counts,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// This application's in this tenant: nobody else spends it.
    TenantApplication,
    /// The tenant's: all applications spend it together.
    Tenant,
    /// This application's, in all tenants together.
    Application,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// GET.
    Read,
    /// POST, PATCH, PUT, DELETE.
    Write,
    /// Everything.
    ReadWrite,
}

/// Why the service refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Information {
    /// The service is busy: it may be other callers.
    CpuLimitExceeded,
    /// Too many writes.
    WriteLimitExceeded,
    /// Too many resource units.
    ResourceUnitLimitExceeded,
}
