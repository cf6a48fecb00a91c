//! What is measured: each with its limit, its work and what is asked of it.

use std::f64::consts::TAU;

/// One line of the table.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Of the simulator; [`COMMON`] comes before it.
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
    /// So many groups, into each of which so many members are copied.
    Copies { groups: usize, members: usize },
}

/// What the service lets through, for the ideal time.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) burst: f64,
    pub(crate) per_second: f64,
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

/// Latency is the simulator's own: 120 to 180 ms.
const COMMON: &str = "
    [tenant]
    users = 22000
";

const DOCUMENTED: &str = "
    [tenant]
    users = 11000
    groups = 480
";

fn all(_seconds: f64) -> f64 {
    1.0
}

pub(crate) fn methods(
    name: &'static str,
    requests: u32,
    per_seconds: u32,
    rest: &str,
    target: (f64, f64),
) -> Case {
    Case {
        name,
        scenario: format!(
            "{COMMON}
            [limits.authentication_methods]
            requests = {requests}
            per_seconds = {per_seconds}
            {rest}"
        ),
        work: Work::Phones(10_000),
        limit: Limit {
            burst: f64::from(requests),
            per_second: f64::from(requests) / f64::from(per_seconds),
            share: all,
            requests: 10_000.0,
        },
        target: Some(target),
    }
}

fn retry_after(name: &'static str, form: &str, target: (f64, f64)) -> Case {
    let case = methods(name, 20, 1, "", target);
    Case {
        scenario: format!("{}\n[limits]\nretry_after = \"{form}\"", case.scenario),
        ..case
    }
}

fn directory(
    name: &'static str,
    scenario: &str,
    work: Work,
    requests: f64,
    target: Option<(f64, f64)>,
) -> Case {
    Case {
        name,
        scenario: scenario.to_owned(),
        work,
        limit: Limit {
            burst: 3_000.0,
            per_second: 20.0,
            share: all,
            requests,
        },
        target,
    }
}

fn steps(seconds: f64) -> f64 {
    if (300.0..900.0).contains(&seconds) {
        0.2
    } else {
        1.0
    }
}

fn neighbour(seconds: f64) -> f64 {
    1.0 - 0.7 * (1.0 - (TAU * seconds / 600.0).cos()) / 2.0
}

const STEPS: &str = "
    [[faults.quota_steps]]
    at_seconds = 300
    share = 0.2
    [[faults.quota_steps]]
    at_seconds = 900
    share = 1.0
";

const NEIGHBOUR: &str = "
    [faults.neighbour]
    least = 0.0
    most = 0.7
    period_seconds = 600
";

fn with_share(case: Case, share: fn(f64) -> f64) -> Case {
    let limit = Limit {
        share,
        ..case.limit
    };
    Case { limit, ..case }
}

fn two_runs(
    name: &'static str,
    requests: u32,
    per_seconds: u32,
    later: u64,
    target: Option<(f64, f64)>,
) -> Case {
    let case = methods(name, requests, per_seconds, "", (0.0, 0.0));
    Case {
        work: Work::TwoRuns(10_000, later),
        limit: Limit {
            requests: 20_000.0,
            ..case.limit
        },
        target,
        ..case
    }
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let copies = |groups, members| Work::Copies { groups, members };
    let thousand = "[tenant]\nusers = 1000\ngroups = 480";
    let one_group = "[tenant]\nusers = 100000\n[service]\nconcurrency_violations = 0.0";
    let singles = Work::SingleMembers(10_000);
    let steps_of_directory = format!("{DOCUMENTED}{STEPS}");
    let neighbour_of_directory = format!("{DOCUMENTED}{NEIGHBOUR}");
    let documented = Some((0.98, 0.005));
    let stepping = (0.92, 0.04);
    let neighbourly = (0.90, 0.05);
    let waiting = (0.93, 0.04);
    let together = Some((0.90, 0.05));
    let single =
        |name, scenario: &str, target| directory(name, scenario, singles, 10_000.0, target);
    vec![
        directory(
            "100,000 members by PATCH, 100 groups",
            thousand,
            copies(100, 1_000),
            5_000.0,
            documented,
        ),
        directory(
            "100,000 members by PATCH, one group",
            one_group,
            copies(1, 100_000),
            5_000.0,
            documented,
        ),
        single("directory, 10,000 single writes", DOCUMENTED, documented),
        methods("methods, 5 in 10 s", 5, 10, "", (0.95, 0.03)),
        methods("methods, 5.5 a second", 11, 2, "", (0.95, 0.03)),
        methods("methods, 60 a second", 60, 1, "", (0.95, 0.03)),
        retry_after("Retry-After always 1", "one", waiting),
        retry_after("Retry-After missing", "missing", waiting),
        retry_after("Retry-After decimal", "decimal", waiting),
        retry_after("Retry-After as a date", "date", waiting),
        with_share(
            methods("20/s, then 4/s, then 20/s", 20, 1, STEPS, stepping),
            steps,
        ),
        with_share(
            single("the same, directory", &steps_of_directory, Some(stepping)),
            steps,
        ),
        with_share(
            methods(
                "neighbour takes 0 to 70 % of 20/s",
                20,
                1,
                NEIGHBOUR,
                neighbourly,
            ),
            neighbour,
        ),
        with_share(
            single(
                "the same, directory",
                &neighbour_of_directory,
                Some(neighbourly),
            ),
            neighbour,
        ),
        Case {
            scenario: format!(
                "{}\n[limits]\nretry_after = \"window\"\nthrottled_tries_count = true",
                methods("", 50, 10, "", (0.0, 0.0)).scenario
            ),
            ..methods(
                "tries count, Retry-After 10 s, 50 in 10 s",
                50,
                10,
                "",
                (0.88, 0.05),
            )
        },
        two_runs("two runs, 20 a second", 20, 1, 0, together),
        two_runs("two runs, 5.5 a second", 11, 2, 0, together),
        two_runs(
            "two runs, the second 2 min later, 20 a second",
            20,
            1,
            120,
            together,
        ),
        Case {
            target: None,
            ..methods("methods, 300 a second", 300, 1, "", (0.0, 0.0))
        },
    ]
}
