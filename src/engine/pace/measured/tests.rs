use super::*;

/// A service that lets `per_second` through and holds `burst`.
struct Service {
    per_second: f64,
    burst: f64,
    level: f64,
    at: f64,
}

impl Service {
    fn new(per_second: f64, burst: f64) -> Self {
        Self {
            per_second,
            burst,
            level: burst,
            at: 0.0,
        }
    }

    /// Whether it takes one more; a refused try uses up what there is.
    fn takes_one(&mut self, at: f64) -> bool {
        self.level = (self.level + (at - self.at) * self.per_second).min(self.burst);
        self.at = at;
        let takes = self.level >= 1.0;
        self.level = if takes { self.level - 1.0 } else { 0.0 };
        takes
    }
}

/// What came of asking for a while.
#[derive(Debug, PartialEq)]
struct Asked {
    delivered: f64,
    refused: f64,
}

const LATENCY: f64 = 0.15;

fn at(seconds: f64) -> Moment {
    Moment::at(Duration::from_secs_f64(seconds))
}

/// Asks a service one by one for so many seconds. A refusal asks for a second's
/// pause.
fn ask(pace: &mut MeasuredPace, service: &mut Service, (from, to): (f64, f64)) -> Asked {
    let mut asked = Asked {
        delivered: 0.0,
        refused: 0.0,
    };
    let (mut now, mut paused_until) = (from, from);
    // What is under way: when it was sent, and whether it was let through.
    let mut under_way = std::collections::VecDeque::new();
    while now < to {
        while let Some((sent, through)) = under_way.front().copied()
            && sent + LATENCY <= now
        {
            under_way.pop_front();
            let heard = at(sent + LATENCY);
            if through {
                asked.delivered += 1.0;
                pace.delivered(at(sent), heard);
            } else {
                asked.refused += 1.0;
                pace.throttled(at(sent), heard);
                paused_until = sent + LATENCY + 1.0;
                pace.pause(at(paused_until), heard);
            }
        }
        let next_reply = under_way.front().map_or(to, |(sent, _)| sent + LATENCY);
        if now < paused_until {
            now = paused_until.min(next_reply.max(now + 1e-6));
            continue;
        }
        match pace.take(at(now)) {
            Ok(()) => {
                let through = service.takes_one(now + LATENCY / 2.0);
                under_way.push_back((now, through));
            }
            Err(later) => {
                now = later
                    .since_start()
                    .as_secs_f64()
                    .min(next_reply.max(now + 1e-6));
            }
        }
    }
    asked
}

/// What is asked in `seconds` of a service that does not change.
fn steady(per_second: f64, burst: f64, seconds: f64) -> Asked {
    let mut pace = MeasuredPace::unknown(1.0);
    let mut service = Service::new(per_second, burst);
    ask(&mut pace, &mut service, (0.0, seconds))
}

#[test]
fn a_limit_of_which_nothing_is_known_is_found_and_used_up() {
    for (per_second, burst) in [(0.5, 5.0), (5.5, 11.0), (20.0, 20.0), (60.0, 60.0)] {
        let seconds = 4_000.0 / per_second;
        let asked = steady(per_second, burst, seconds);
        let allowed = burst + per_second * seconds;
        assert!(asked.delivered >= 0.93 * allowed, "{per_second}: {asked:?}");
        assert!(asked.refused <= 0.05 * allowed, "{per_second}: {asked:?}");
    }
}

#[test]
fn a_limit_that_falls_to_a_fifth_costs_few_refusals_and_its_return_is_noticed() {
    let mut pace = MeasuredPace::unknown(1.0);
    let mut service = Service::new(20.0, 20.0);
    let first = ask(&mut pace, &mut service, (0.0, 300.0));
    assert!(first.delivered >= 0.95 * 6_000.0, "{first:?}");
    service.per_second = 4.0;
    let fallen = ask(&mut pace, &mut service, (300.0, 900.0));
    assert!(fallen.delivered >= 0.93 * 2_400.0, "{fallen:?}");
    assert!(fallen.refused <= 120.0, "{fallen:?}");
    service.per_second = 20.0;
    let back = ask(&mut pace, &mut service, (900.0, 1_200.0));
    assert!(back.delivered >= 0.8 * 6_000.0, "{back:?}");
}

#[test]
fn what_is_documented_may_be_spent_at_once_and_its_rate_is_kept() {
    let quota = Quota::new(
        std::num::NonZeroU32::new(3_000).unwrap(),
        Duration::from_secs(150),
    );
    let mut pace = MeasuredPace::documented(quota, 1.0);
    let at_once = (0..4_000).filter(|_| pace.take(at(0.0)).is_ok()).count();
    assert_eq!(at_once, 3_000);
    let mut service = Service::new(20.0, 0.0);
    service.level = 0.0;
    service.burst = 3_000.0;
    let asked = ask(&mut pace, &mut service, (0.0, 300.0));
    assert!(asked.delivered >= 0.97 * 6_000.0, "{asked:?}");
    assert!(asked.refused <= 0.02 * 6_000.0, "{asked:?}");
}

#[test]
fn near_its_limit_by_its_own_account_a_service_is_asked_for_no_more() {
    let quota = Quota::new(
        std::num::NonZeroU32::new(20).unwrap(),
        Duration::from_secs(1),
    );
    let rate_after = |share: f64| {
        let mut pace = MeasuredPace::documented(quota, 1.0);
        for tenth in 1..=600 {
            let now = at(f64::from(tenth) / 10.0);
            pace.nearing(share, now);
            while pace.take(now).is_ok() {}
        }
        pace.stance(at(60.0)).rate
    };
    assert!(rate_after(0.9) > 20.0);
    assert!((rate_after(1.0) - 20.0).abs() < 1e-6);
    assert!(rate_after(1.2) < 19.0);
}

#[test]
fn a_share_of_a_documented_limit_is_never_exceeded() {
    let quota = Quota::new(
        std::num::NonZeroU32::new(3_000).unwrap(),
        Duration::from_secs(150),
    );
    let mut pace = MeasuredPace::documented(quota, 0.5);
    let mut service = Service::new(1_000.0, 10_000.0);
    let asked = ask(&mut pace, &mut service, (0.0, 600.0));
    assert!(asked.refused < 1.0, "{asked:?}");
    assert!(asked.delivered <= 1_500.0 + 6_000.0, "{asked:?}");
    assert!(asked.delivered >= 0.95 * 7_500.0, "{asked:?}");
}

/// How much of a limit is used from one moment to another.
fn used(pace: &mut MeasuredPace, service: &mut Service, (from, to): (f64, f64)) -> f64 {
    ask(pace, service, (from, to)).delivered / (service.per_second * (to - from))
}

/// To measure the limit takes a little of it.
fn is_part(used: f64, part: f64) -> bool {
    (0.8 * part..part + 0.12).contains(&used)
}

#[test]
fn a_share_of_a_limit_that_nobody_documents_is_kept_to_soon_and_most_of_the_time() {
    for per_second in [5.5, 20.0, 60.0] {
        for part in [0.1, 0.5, 0.9] {
            let mut pace = MeasuredPace::unknown(part);
            let mut service = Service::new(per_second, per_second);
            let mut used = |from, to| used(&mut pace, &mut service, (from, to));
            // The limit has to be seen, and what the service holds at first comes on top.
            let first = used(0.0, 60.0);
            assert!(first < 0.9 * part + 0.3, "{per_second} {part}: {first}");
            for used in [used(60.0, 120.0), used(120.0, 900.0)] {
                assert!(is_part(used, part), "{per_second} {part}: {used}");
            }
        }
    }
}

#[test]
fn a_share_follows_a_limit_that_is_lower_than_documented_or_moves() {
    let quota = Quota::new(
        std::num::NonZeroU32::new(3_000).unwrap(),
        Duration::from_secs(150),
    );
    let part = 0.25;
    let mut pace = MeasuredPace::documented(quota, part);
    let mut service = Service::new(2.0, 300.0);
    let mut at = 0.0;
    for per_second in [2.0, 40.0, 5.0] {
        service.per_second = per_second;
        used(&mut pace, &mut service, (at, at + 3_600.0));
        let used = used(&mut pace, &mut service, (at + 3_600.0, at + 7_200.0));
        assert!(is_part(used, part), "{per_second}: {used}");
        at += 7_200.0;
    }
}

#[test]
fn refusals_of_what_was_sent_before_the_last_one_was_heard_are_old_news() {
    let mut pace = MeasuredPace::unknown(1.0);
    for _ in 0..10 {
        pace.delivered(at(0.5), at(1.0));
    }
    pace.throttled(at(0.9), at(1.1));
    let first = pace.stance(at(1.1)).estimate;
    pace.throttled(at(1.0), at(1.2));
    assert!((pace.stance(at(1.2)).estimate - first).abs() < 1e-9);
    pace.throttled(at(1.15), at(1.3));
    assert!(pace.stance(at(1.3)).estimate < first);
}

#[test]
fn it_never_stops_and_never_runs_away() {
    let mut pace = MeasuredPace::unknown(1.0);
    for second in 1..200_u32 {
        pace.throttled(at(f64::from(second)), at(f64::from(second)));
    }
    assert!(pace.stance(at(200.0)).rate >= MeasuredPace::FLOOR);
    let mut pace = MeasuredPace::unknown(1.0);
    // Nothing is asked, so nothing is known to get through.
    for second in 1..200_u32 {
        let _ = pace.take(at(f64::from(second)));
        pace.delivered(at(f64::from(second)), at(f64::from(second) + 0.1));
    }
    assert!(pace.stance(at(200.0)).rate <= 40.0);
}

#[test]
fn a_limit_that_stays_where_it_is_soon_costs_hardly_a_refusal() {
    for (per_second, burst) in [(0.5, 5.0), (5.5, 11.0), (20.0, 20.0), (60.0, 60.0)] {
        let mut pace = MeasuredPace::unknown(1.0);
        let mut service = Service::new(per_second, burst);
        let found = 600.0 / per_second;
        ask(&mut pace, &mut service, (0.0, found));
        let later = ask(&mut pace, &mut service, (found, found * 6.0));
        assert!(
            later.refused <= 0.02 * later.delivered,
            "{per_second}: {later:?}"
        );
        assert!(later.delivered >= 0.95 * 3_000.0, "{per_second}: {later:?}");
    }
}

#[test]
fn a_limit_that_was_all_but_gone_for_ten_minutes_is_back_within_minutes() {
    let mut pace = MeasuredPace::unknown(1.0);
    let mut service = Service::new(20.0, 20.0);
    ask(&mut pace, &mut service, (0.0, 300.0));
    service.per_second = 0.01;
    ask(&mut pace, &mut service, (300.0, 900.0));
    service.per_second = 20.0;
    ask(&mut pace, &mut service, (900.0, 1_500.0));
    let back = ask(&mut pace, &mut service, (1_500.0, 1_800.0));
    assert!(back.delivered >= 0.9 * 6_000.0, "{back:?}");
}

#[test]
fn where_there_is_little_to_ask_for_the_rate_does_not_run_away() {
    let mut pace = MeasuredPace::unknown(1.0);
    let mut service = Service::new(20.0, 20.0);
    ask(&mut pace, &mut service, (0.0, 300.0));
    for second in 300..4_000_u32 {
        let now = f64::from(second);
        if pace.take(at(now)).is_ok() && service.takes_one(now) {
            pace.delivered(at(now), at(now + LATENCY));
        }
    }
    let rate = pace.stance(at(4_000.0)).rate;
    assert!((15.0..=30.0).contains(&rate), "{rate}");
}
