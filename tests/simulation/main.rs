//! Whole runs through crashes and faults, made up from seeds, in virtual time.
//!
//! Each seed makes up a job, a tenant, an input, limits, faults and the moments at which the program
//! dies; the run goes on in one process after the other until it is done. After each of them an
//! oracle that knows nothing of the tool compares the results with the tenant.
//!
//! `BULKGRAPH_SEEDS=20000` lives through as many seeds, `BULKGRAPH_SEEDS=5000..6000` through these,
//! and `BULKGRAPH_SEED=17` through one, telling its story.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]
#![expect(clippy::print_stderr, reason = "a seed that fails tells its story")]

mod case;
mod disk;
mod help_desk;
mod import_cut;
mod input;
mod ledger;
mod life;
mod made_up;
mod oracle;
mod oracle_bites;
mod oracle_members;
mod oracle_methods;
mod outside;
mod service;
mod tenant;

use life::Report;
use std::collections::BTreeMap;
use std::ops::Range;

/// As many as every test run lives through.
const SEEDS: u64 = 300;

/// The seeds are shared by so many tests, so that they can run side by side.
const PARTS: u64 = 6;

/// The seeds that the user asked for.
fn seeds() -> Range<u64> {
    let Ok(asked) = std::env::var("BULKGRAPH_SEEDS") else {
        return 0..SEEDS;
    };
    match asked.split_once("..") {
        Some((first, end)) => first.parse().unwrap()..end.parse().unwrap(),
        None => 0..asked.parse().unwrap(),
    }
}

/// What came of many seeds.
#[derive(Debug, Default)]
struct Sum {
    seeds: u32,
    crashes: u32,
    faults: u32,
    plainly_theirs: u32,
    lines: BTreeMap<String, u32>,
}

impl Sum {
    fn add(&mut self, report: &Report) {
        self.seeds += 1;
        self.crashes += report.crashes;
        self.faults += report.faults;
        self.plainly_theirs += report.plainly_theirs;
        for (status, count) in &report.lines {
            *self.lines.entry(status.clone()).or_default() += count;
        }
    }

    /// Whether enough went wrong to prove anything, and the rows came through it all the same.
    fn proves_something(&self) -> bool {
        let lines = |status| self.lines.get(status).copied().unwrap_or_default();
        let all: u32 = self.lines.values().sum();
        self.crashes > self.seeds / 2
            && self.faults > self.seeds / 2
            && self.plainly_theirs > self.seeds / 10
            && lines("succeeded") + lines("unchanged") > all / 2
            && lines("in_doubt") < all / 10
    }
}

fn live_part(part: u64) {
    let (mut sum, mut failed) = (Sum::default(), Vec::new());
    for seed in seeds().filter(|seed| seed % PARTS == part) {
        let lived = std::panic::catch_unwind(|| life::live(seed));
        let report = lived.unwrap_or_else(|_| panic!("seed {seed} panicked"));
        if !report.complaints.is_empty() {
            failed.push(seed);
            let (story, complaints) = (&report.story, report.complaints.join("\n"));
            eprintln!("{story}\nseed {seed}:\n{complaints}\n");
        }
        sum.add(&report);
    }
    eprintln!("{sum:?}");
    assert!(failed.is_empty(), "seeds {failed:?}");
    assert!(sum.seeds < 40 || sum.proves_something());
}

macro_rules! parts {
    ($($name:ident: $part:literal,)*) => {
        $(
            #[test]
            fn $name() {
                live_part($part);
            }
        )*
    };
}

parts! {
    seeds_of_the_first_part: 0,
    seeds_of_the_second_part: 1,
    seeds_of_the_third_part: 2,
    seeds_of_the_fourth_part: 3,
    seeds_of_the_fifth_part: 4,
    seeds_of_the_sixth_part: 5,
}

#[test]
fn one_seed_tells_its_story() {
    let seed = std::env::var("BULKGRAPH_SEED").map_or(0, |seed| seed.parse().unwrap());
    let report = life::live(seed);
    eprintln!("{}", report.story);
    assert_eq!(report.complaints, Vec::<String>::new());
}

#[test]
fn a_seed_makes_up_the_same_life_every_time() {
    for seed in 0..20 {
        let [one, other] = [seed, seed].map(life::live);
        assert_eq!(one.lines, other.lines, "seed {seed}");
        let counts =
            |report: &Report| (report.crashes, report.faults, report.story.lines().count());
        assert_eq!(counts(&one), counts(&other), "seed {seed}");
    }
}
