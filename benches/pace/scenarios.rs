//! What is measured: each with its limit, its work and what is asked of it.

use std::f64::consts::TAU;

/// One line of the table.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Of the simulator. Latency is its own: 120 to 180 ms.
    pub(crate) scenario: String,
    pub(crate) work: Work,
    pub(crate) limit: Limit,
    /// The least efficiency, and the most that may be throttled, as shares of 1; what has no target
    /// is there to be seen.
    pub(crate) target: Option<(f64, f64)>,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// So many phone numbers.
    Phones(usize),
    /// The same in each of two runs, of which the second starts so many seconds later.
    TwoRuns(usize, u64),
    /// One member to a group, so many times.
    SingleMembers(usize),
    /// The same in each of two runs.
    TwoRunsOfMembers(usize),
    /// So many groups, into each of which so many members are copied.
    Copies { groups: usize, members: usize },
}

impl Work {
    /// Whether two runs do it.
    pub(crate) fn is_twice(self) -> bool {
        matches!(self, Self::TwoRuns(..) | Self::TwoRunsOfMembers(_))
    }
}

/// What the service lets through, for the ideal time.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) burst: f64,
    pub(crate) per_second: f64,
    /// What of that there is at a time, in seconds since the first request.
    pub(crate) share: fn(f64) -> f64,
    /// Requests that it takes.
    pub(crate) requests: f64,
}

impl Limit {
    /// Seconds from the first request on in which a client that uses the limit up is done.
    pub(crate) fn ideal_seconds(&self) -> f64 {
        const STEP: f64 = 0.01;
        let (mut through, mut seconds) = (self.burst, 0.0);
        while through < self.requests {
            through += STEP * self.per_second * (self.share)(seconds + STEP / 2.0);
            seconds += STEP;
        }
        seconds
    }
}

impl Case {
    /// 10,000 phone numbers at so many requests in so many seconds.
    pub(crate) fn methods(name: &'static str, requests: u32, per_seconds: u32) -> Self {
        Self {
            name,
            scenario: format!(
                "
                [tenant]
                users = 22000
                [limits.authentication_methods]
                requests = {requests}
                per_seconds = {per_seconds}
                "
            ),
            work: Work::Phones(10_000),
            limit: Limit {
                burst: requests.into(),
                per_second: f64::from(requests) / f64::from(per_seconds),
                share: |_| 1.0,
                requests: 10_000.0,
            },
            target: None,
        }
    }

    /// 10,000 single writes to the directory with its documented limits.
    fn directory(name: &'static str) -> Self {
        Self {
            name,
            scenario: "
                [tenant]
                users = 22000
                groups = 480
                "
            .to_owned(),
            work: Work::SingleMembers(10_000),
            limit: Limit {
                burst: 3_000.0,
                per_second: 20.0,
                share: |_| 1.0,
                requests: 10_000.0,
            },
            target: None,
        }
    }

    /// 100,000 members by PATCH, 20 at a time, with the documented limits of the directory.
    fn copies(name: &'static str, groups: usize, members: usize, scenario: &str) -> Self {
        let case = Self::directory(name);
        Self {
            scenario: scenario.to_owned(),
            work: Work::Copies { groups, members },
            limit: Limit {
                requests: 5_000.0,
                ..case.limit
            },
            ..case
        }
    }

    pub(crate) fn with(self, scenario: &str) -> Self {
        Self {
            scenario: format!("{}\n{scenario}", self.scenario),
            ..self
        }
    }

    fn limited(self, share: fn(f64) -> f64) -> Self {
        let limit = Limit {
            share,
            ..self.limit
        };
        Self { limit, ..self }
    }

    /// Two runs do it, each the whole.
    fn twice(self, work: Work) -> Self {
        let limit = Limit {
            requests: self.limit.requests * 2.0,
            ..self.limit
        };
        Self {
            work,
            limit,
            ..self
        }
    }

    fn target(self, efficiency: f64, throttled: f64) -> Self {
        Self {
            target: Some((efficiency, throttled)),
            ..self
        }
    }
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [known(), unknown(), changing(), shared(), beyond()]
        .into_iter()
        .flatten()
        .collect()
}

/// Limits that are documented.
fn known() -> Vec<Case> {
    let thousand = "[tenant]\nusers = 1000\ngroups = 480";
    let one_group = "[tenant]\nusers = 100000\n[service]\nconcurrency_violations = 0.0";
    vec![
        Case::copies("100,000 members by PATCH, 100 groups", 100, 1_000, thousand)
            .target(0.98, 0.005),
        Case::copies("100,000 members by PATCH, one group", 1, 100_000, one_group)
            .target(0.98, 0.005),
        Case::directory("directory, 10,000 single writes").target(0.98, 0.005),
    ]
}

/// Limits that nobody documents.
fn unknown() -> Vec<Case> {
    let retry_after = |name, form: &str| {
        let form = format!("[limits]\nretry_after = \"{form}\"");
        Case::methods(name, 20, 1).with(&form).target(0.93, 0.04)
    };
    let window = "[limits]\nretry_after = \"window\"\nthrottled_tries_count = true";
    vec![
        Case::methods("methods, 5 in 10 s", 5, 10).target(0.95, 0.03),
        Case::methods("methods, 5.5 a second", 11, 2).target(0.95, 0.03),
        Case::methods("methods, 60 a second", 60, 1).target(0.95, 0.03),
        retry_after("Retry-After always 1", "one"),
        retry_after("Retry-After missing", "missing"),
        retry_after("Retry-After decimal", "decimal"),
        retry_after("Retry-After as a date", "date"),
        Case::methods("tries count, Retry-After 10 s, 50 in 10 s", 50, 10)
            .with(window)
            .target(0.88, 0.05),
        Case::methods("tries count, Retry-After 10 s, 5 in 10 s", 5, 10)
            .with(window)
            .target(0.88, 0.05),
    ]
}

/// Limits that move.
fn changing() -> Vec<Case> {
    let steps = "
        [[faults.quota_steps]]
        at_seconds = 300
        share = 0.2
        [[faults.quota_steps]]
        at_seconds = 900
        share = 1.0
        ";
    let stepped = |seconds: f64| {
        if (300.0..900.0).contains(&seconds) {
            0.2
        } else {
            1.0
        }
    };
    vec![
        Case::methods("20/s, then 4/s, then 20/s", 20, 1)
            .with(steps)
            .limited(stepped)
            .target(0.92, 0.04),
        Case::directory("the same, directory")
            .with(steps)
            .limited(stepped)
            .target(0.92, 0.04),
        Case::methods("neighbour takes 0 to 70 % of 20/s", 20, 1)
            .with(&neighbour(600))
            .limited(|seconds| left_by_neighbour(seconds, 600.0))
            .target(0.90, 0.05),
        Case::directory("the same, directory, neighbour")
            .with(&neighbour(600))
            .limited(|seconds| left_by_neighbour(seconds, 600.0))
            .target(0.90, 0.05),
    ]
}

/// A neighbour who takes nothing, then up to 70 %, then nothing again, once in that many seconds.
fn neighbour(period_seconds: u32) -> String {
    format!("[faults.neighbour]\nleast = 0.0\nmost = 0.7\nperiod_seconds = {period_seconds}")
}

fn left_by_neighbour(seconds: f64, period: f64) -> f64 {
    1.0 - 0.7 * (1.0 - (TAU * seconds / period).cos()) / 2.0
}

/// Two runs on one tenant.
fn shared() -> Vec<Case> {
    let later = |seconds| Work::TwoRuns(10_000, seconds);
    vec![
        Case::methods("two runs, 20 a second", 20, 1)
            .twice(later(0))
            .target(0.90, 0.05),
        Case::methods("two runs, 5.5 a second", 11, 2)
            .twice(later(0))
            .target(0.90, 0.05),
        Case::methods("two runs, the second 2 min later, 20 a second", 20, 1)
            .twice(later(120))
            .target(0.90, 0.05),
    ]
}

/// Harder than what is asked for, to be seen.
fn beyond() -> Vec<Case> {
    let colliding = "[tenant]\nusers = 100000";
    vec![
        Case::directory("two runs, directory").twice(Work::TwoRunsOfMembers(10_000)),
        Case::copies(
            "one group, of overlapping writes one in four collides",
            1,
            100_000,
            colliding,
        ),
        Case::methods("methods, 300 a second", 300, 1),
        Case::methods("Retry-After as a date, 60 a second", 60, 1)
            .with("[limits]\nretry_after = \"date\""),
        Case::methods("neighbour as above, five times as fast", 20, 1)
            .with(&neighbour(120))
            .limited(|seconds| left_by_neighbour(seconds, 120.0)),
    ]
}
