use super::*;
use crate::engine::{Statistics, Traffic};
use crate::shell::progress::Silent;
use crate::shell::run_file::Tally;

const METHODS: PaceReading = PaceReading {
    workload: Workload::AuthenticationMethods,
    rate: 10.0,
    estimate: 10.0,
    phase: "",
    credit: 2.5,
    batches_in_flight: 1,
    traffic: Traffic {
        sent: 2,
        delivered: 0,
        throttled: 0,
    },
    paused_until: None,
};

fn turn(observer: &mut dyn Observer, millis: u64, paces: &[PaceReading]) {
    observer.turn(&Progress {
        tally: &Tally::default(),
        statistics: Statistics::default(),
        pause: None,
        trouble: None,
        in_flight: 1,
        idle: None,
        paces: paces.to_vec(),
        stopping: false,
        elapsed: Duration::from_millis(millis),
    });
}

fn delivering(delivered: u64) -> PaceReading {
    let traffic = Traffic {
        sent: 100,
        delivered,
        throttled: 0,
    };
    PaceReading { traffic, ..METHODS }
}

/// What is written down of turns, each at its millisecond.
fn trace(turns: &[(u64, &[PaceReading])]) -> Vec<String> {
    let mut text = Vec::new();
    let mut silent = Silent;
    let lines = csv::Writer::from_writer(&mut text);
    let mut trace = PaceTrace::of(Some(lines), Path::new("trace.csv"), &mut silent);
    for (millis, paces) in turns {
        turn(&mut trace, *millis, paces);
    }
    drop(trace);
    let text = String::from_utf8(text).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_line_has_everything_there_is_to_know_in_the_order_of_the_columns() {
    let everything = PaceReading {
        estimate: 5.5,
        phase: "probing",
        credit: 0.125,
        traffic: Traffic {
            sent: 7,
            delivered: 4,
            throttled: 2,
        },
        paused_until: Some(Moment::at(Duration::from_millis(3_250))),
        ..METHODS
    };
    assert_eq!(
        trace(&[(1_250, &[everything])]),
        ["1.250,authentication_methods,10.000,5.500,probing,0.125,1,7,4,2,2.000"]
    );
}

#[test]
fn lines_follow_each_other_after_a_while_and_the_last_one_shows_the_end() {
    let lines = trace(&[
        (0, &[delivering(1)]),
        (100, &[delivering(2)]),
        (249, &[delivering(3)]),
        (250, &[delivering(4)]),
        (300, &[delivering(5)]),
        (310, &[delivering(6)]),
    ]);
    let elapsed: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(elapsed, ["0.000", "0.250", "0.310"]);
}

#[test]
fn nothing_new_is_no_line() {
    let richer = PaceReading {
        credit: 7.0,
        ..METHODS
    };
    let untouched = PaceReading {
        traffic: Traffic::default(),
        workload: Workload::Directory,
        ..METHODS
    };
    let lines = trace(&[
        (0, &[METHODS, untouched]),
        (5_000, &[richer, untouched]),
        (9_000, &[richer, untouched]),
    ]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn what_is_throttled_is_a_line_at_once() {
    let throttled = PaceReading {
        traffic: Traffic {
            throttled: 1,
            ..METHODS.traffic
        },
        ..METHODS
    };
    let paused = PaceReading {
        paused_until: Some(Moment::at(Duration::from_secs(9))),
        ..throttled
    };
    let lines = trace(&[
        (0, &[METHODS]),
        (10, &[throttled]),
        (20, &[paused]),
        (30, &[paused]),
    ]);
    assert_eq!(lines.len(), 3, "{lines:?}");
}

/// A disk that is full from the start.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts turns.
struct Counting(u32);

impl Observer for Counting {
    fn turn(&mut self, _: &Progress<'_>) {
        self.0 += 1;
    }
}

#[test]
fn a_trace_that_cannot_be_written_is_given_up_and_the_run_is_shown_on() {
    let mut counting = Counting(0);
    let lines = csv::Writer::from_writer(Full);
    let mut trace = PaceTrace::of(Some(lines), Path::new("trace.csv"), &mut counting);
    turn(&mut trace, 0, &[METHODS]);
    assert!(trace.lines.is_none(), "given up");
    turn(&mut trace, 1_000, &[delivering(1)]);
    drop(trace);
    assert_eq!(counting.0, 2);
}

#[test]
fn an_earlier_trace_is_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pace.csv");
    for _ in 0..2 {
        let mut silent = Silent;
        let mut trace = PaceTrace::open(Some(&path), &mut silent).unwrap();
        turn(&mut trace, 0, &[METHODS]);
        drop(trace);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.starts_with("elapsed_seconds,workload,rate,"), "{text}");
    }
    // A run that comes to nothing has nothing to replace it with.
    let mut silent = Silent;
    let trace = PaceTrace::open(Some(&path), &mut silent).unwrap();
    let mut other = Silent;
    let second = PaceTrace::open(Some(&path), &mut other);
    assert!(matches!(second, Err(PaceTraceError::InUse { .. })));
    drop(trace);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    let open = |path: &Path| {
        let mut silent = Silent;
        let opened = PaceTrace::open(Some(path), &mut silent);
        opened.map(|_| ()).map_err(|error| error.to_string())
    };
    let list = folder.path().join("list.csv");
    for content in ["my,own\n", "elapsed_seconds\n", "e"] {
        std::fs::write(&list, content).unwrap();
        assert!(open(&list).unwrap_err().ends_with("is no pace trace"));
        assert_eq!(std::fs::read_to_string(&list).unwrap(), content);
    }
    std::fs::write(&list, "").unwrap();
    assert_eq!(open(&list), Ok(()));
    assert!(open(folder.path()).unwrap_err().ends_with("it is no file"));
    let nowhere = folder.path().join("no").join("pace.csv");
    assert!(
        open(&nowhere)
            .unwrap_err()
            .contains("cannot write the pace trace")
    );
}
