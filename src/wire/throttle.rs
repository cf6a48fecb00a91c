//! The headers in which the service tells of its limits (Graph: throttling limits, "Other headers").

use crate::engine::{Counts, Information, Scope, Throttle, Whose};

/// The largest share of a limit that is believed. Documented are 0.8 to 1.8.
const LARGEST_PERCENTAGE: f64 = 10.0;

/// Reads the headers; `header` finds the value of one by its name, whatever its case. A value that
/// makes no sense is as if it were missing.
pub(super) fn read(header: impl Fn(&str) -> Option<String>) -> Throttle {
    Throttle {
        percentage: header("x-ms-throttle-limit-percentage").and_then(|text| percentage(&text)),
        units: header("x-ms-resource-unit").and_then(|text| text.trim().parse().ok()),
        scope: header("x-ms-throttle-scope").and_then(|text| scope(&text)),
        information: header("x-ms-throttle-information").and_then(|text| information(&text)),
    }
}

fn percentage(text: &str) -> Option<f64> {
    let percentage = text.trim().parse().ok()?;
    (0.0..=LARGEST_PERCENTAGE)
        .contains(&percentage)
        .then_some(percentage)
}

/// `<Scope>/<Limit>/<ApplicationId>/<TenantId|UserId|ResourceId>`; the ids are those of the caller.
fn scope(text: &str) -> Option<Scope> {
    let mut parts = text.split('/').map(str::trim);
    let whose = among(
        parts.next()?,
        &[
            ("Tenant_Application", Whose::TenantApplication),
            ("Tenant", Whose::Tenant),
            ("Application", Whose::Application),
        ],
    )?;
    let counts = among(
        parts.next()?,
        &[
            ("Read", Counts::Read),
            ("Write", Counts::Write),
            ("ReadWrite", Counts::ReadWrite),
        ],
    )?;
    Some(Scope { whose, counts })
}

fn information(text: &str) -> Option<Information> {
    among(
        text.trim(),
        &[
            ("CPULimitExceeded", Information::CpuLimitExceeded),
            ("WriteLimitExceeded", Information::WriteLimitExceeded),
            (
                "ResourceUnitLimitExceeded",
                Information::ResourceUnitLimitExceeded,
            ),
        ],
    )
}

/// What a word means; its case means nothing.
fn among<T: Copy>(word: &str, words: &[(&str, T)]) -> Option<T> {
    words
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_one(name: &str, value: &str) -> Throttle {
        read(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn nothing_said_is_nothing_known() {
        assert_eq!(read(|_| None), Throttle::default());
    }

    #[test]
    fn the_share_of_a_limit_is_a_number_that_makes_sense() {
        for (text, expected) in [
            ("0.8", Some(0.8)),
            (" 1.80 ", Some(1.8)),
            ("1", Some(1.0)),
            ("0", Some(0.0)),
            ("-0.9", None),
            ("NaN", None),
            ("inf", None),
            ("90", None),
            ("1e300", None),
            ("0,9", None),
            ("0.9%", None),
            ("", None),
        ] {
            let read = read_one("x-ms-throttle-limit-percentage", text);
            assert_eq!(read.percentage, expected, "{text}");
        }
    }

    #[test]
    fn units_are_counted_in_whole_numbers() {
        for (text, expected) in [
            ("5", Some(5)),
            (" 1 ", Some(1)),
            ("0", Some(0)),
            ("-1", None),
            ("2.5", None),
            ("4294967296", None),
            ("many", None),
        ] {
            assert_eq!(
                read_one("x-ms-resource-unit", text).units,
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_scope_says_whose_limit_it_is_and_what_it_counts() {
        let scope = |whose, counts| Some(Scope { whose, counts });
        for (text, expected) in [
            (
                "Tenant_Application/ReadWrite/9a3d526c-b3c1-4479-ba74-197b5c5751ae/0785ef7c-2d7a-4542-b048-95bcab406e0b",
                scope(Whose::TenantApplication, Counts::ReadWrite),
            ),
            ("Tenant/Write", scope(Whose::Tenant, Counts::Write)),
            (
                "application / READ / a / b / c",
                scope(Whose::Application, Counts::Read),
            ),
            ("Tenant", None),
            ("Tenant/Delete/a/b", None),
            ("User/Read/a/b", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(
                read_one("x-ms-throttle-scope", text).scope,
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn the_reason_of_a_refusal_is_one_of_three() {
        for (text, expected) in [
            ("CPULimitExceeded", Some(Information::CpuLimitExceeded)),
            ("writelimitexceeded ", Some(Information::WriteLimitExceeded)),
            (
                "ResourceUnitLimitExceeded",
                Some(Information::ResourceUnitLimitExceeded),
            ),
            ("SomethingElse", None),
            ("", None),
        ] {
            let read = read_one("x-ms-throttle-information", text);
            assert_eq!(read.information, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_say_what_cannot_be(text in "\\PC{0,40}", number in any::<f64>()) {
            for text in [text, number.to_string()] {
                let read = read(|_| Some(text.clone()));
                prop_assert!(read.percentage.is_none_or(|share| (0.0..=LARGEST_PERCENTAGE).contains(&share)));
            }
        }
    }
}
