//! Values of options, with a sentence about what would be right where they are wrong.

use crate::engine::{Event, FailureLimit, Limits, Outcome, Status};
use crate::shell::results::STATUSES;
use std::ops::RangeInclusive;
use std::time::Duration;
use time::Time;
use time::macros::format_description;

/// Reads a status of which lines can be run again.
pub(super) fn again(text: &str) -> Result<Outcome, String> {
    match Status::from_word(text.trim()) {
        Some(Status::Settled(outcome))
            if Status::Settled(outcome).after(Event::Retried).is_some() =>
        {
            Ok(outcome)
        }
        Some(_) => Err("rows of that status are not run again".to_owned()),
        None => Err("it is one of failed, in_doubt, refused".to_owned()),
    }
}

/// Reads a word in `ResultStatus`.
pub(super) fn result_status(text: &str) -> Result<&'static str, String> {
    let mut statuses = STATUSES.into_iter();
    statuses
        .find(|status| status.eq_ignore_ascii_case(text.trim()))
        .ok_or_else(|| format!("it is one of {}", STATUSES.join(", ")))
}

/// Reads `--max-failures`.
pub(super) fn max_failures(text: &str) -> Result<FailureLimit, String> {
    let limit = match text.trim().strip_suffix('%') {
        Some(percent) => {
            number(percent, 0.0..=100.0).map(|percent| FailureLimit::Share(percent / 100.0))
        }
        None => text.trim().parse().ok().map(FailureLimit::Count),
    };
    limit.ok_or_else(|| "it is a number of rows, such as 20, or a part, such as 5%".to_owned())
}

/// Reads `--stop-at`.
pub(super) fn time_of_day(text: &str) -> Result<Time, String> {
    Time::parse(text.trim(), format_description!("[hour]:[minute]"))
        .map_err(|_| "it is an hour and a minute, from 00:00 to 23:59".to_owned())
}

/// Reads a span of time.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let unit = text.chars().last().filter(|unit| "smh".contains(*unit));
    let count = unit.and_then(|unit| text.strip_suffix(unit));
    let seconds = match unit {
        Some('s') => 1,
        Some('m') => 60,
        _ => 3_600,
    };
    let seconds = count
        .and_then(|count| count.trim().parse::<u32>().ok())
        .and_then(|count| u64::from(count).checked_mul(seconds))
        .filter(|seconds| *seconds > 0);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "it is a number with a unit, such as 90s, 15m or 2h".to_owned())
}

/// Reads `--rate`.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let (least, most) = (Limits::RATES.start(), Limits::RATES.end());
    number(text, Limits::RATES).ok_or_else(|| {
        format!("requests a second are a number from {least} to {most}, such as 0.5")
    })
}

/// Reads `--share`.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let (least, most) = (Limits::SHARES.start(), Limits::SHARES.end());
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent, 0.0..=100.0).map(|percent| percent / 100.0),
        None => number(text, Limits::SHARES),
    };
    share
        .filter(|share| Limits::SHARES.contains(share))
        .ok_or_else(|| match number(text, 1.0..=100.0) {
            Some(percent) => {
                format!("a part is a number from {least} to {most}: did you mean {percent}%?")
            }
            None => format!("a part is a number from {least} to {most}, such as 0.5 or 50%"),
        })
}

/// A whole number within a range.
pub(super) fn whole(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|number| range.contains(number));
    number.ok_or_else(|| match (range.start(), range.end()) {
        (least, &u64::MAX) => format!("it is a whole number, at least {least}"),
        (least, most) => format!("it is a whole number from {least} to {most}"),
    })
}

/// A number within a range; nothing else is one.
fn number(text: &str, range: RangeInclusive<f64>) -> Option<f64> {
    let number = text.trim().parse().ok()?;
    range.contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_unit() {
        let seconds = |text| span(text).map(|span| span.as_secs()).ok();
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds(" 15 m"), Some(900));
        assert_eq!(seconds("2h"), Some(7_200));
        for text in [
            "",
            "15",
            "m",
            "0m",
            "-1m",
            "1.5h",
            "1d",
            "99999999999h",
            "ümlautm",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn failures_are_counted_or_a_part_of_all() {
        assert_eq!(max_failures("20"), Ok(FailureLimit::Count(20)));
        assert_eq!(max_failures("5%"), Ok(FailureLimit::Share(0.05)));
        for text in ["", "-1", "101%", "%", "few"] {
            assert!(max_failures(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_of_day_has_an_hour_and_a_minute() {
        assert_eq!(time_of_day("06:30"), Ok(time::macros::time!(6:30)));
        for text in ["6", "24:00", "06:60", "6.30", ""] {
            assert!(time_of_day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_ended_well_is_not_run_again() {
        assert_eq!(again("in_doubt"), Ok(Outcome::InDoubt));
        for text in ["succeeded", "unchanged", "pending", "sent", "lost"] {
            assert!(again(text).is_err(), "{text}");
        }
    }
}
