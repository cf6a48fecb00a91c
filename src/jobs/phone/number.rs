//! Phone numbers in the form that Graph documents: `+CC number[xext]` (Graph:
//! phoneAuthenticationMethod).

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, ParseError, PhoneNumber, Type};
use std::collections::BTreeSet;

/// Understands a number as people write it. `region` is the country of numbers without a country
/// code.
///
/// What is checked is what cannot be right: no number, no country, a length that the country does
/// not have. Whether a number is in service only the service can tell, and lists of number ranges
/// are always behind.
pub(super) fn normalise(text: &str, region: Option<Id>) -> Result<String, String> {
    if text.is_empty() {
        return Err("is empty: it needs a phone number such as +1 5555550100".to_owned());
    }
    if is_damaged(text) {
        return Err(
            "was a number before a spreadsheet changed it, and digits are lost: format the \
                    column as text and take the number from where it came from"
                .to_owned(),
        );
    }
    if has_letters(text) {
        return Err("has letters in it: write it with digits, such as +1 5555550100".to_owned());
    }
    if text.len() > LONGEST {
        return Err(format!(
            "is longer than the {LONGEST} characters that a phone number can need"
        ));
    }
    let without = text.replacen(TRUNK, "", 1);
    if without == text {
        return understand(text, region);
    }
    // +44 knows only numbers without it; +39 has numbers of both kinds, and nobody should guess.
    match (understand(text, region), understand(&without, region)) {
        (Ok(with), Ok(without)) if with != without => Err(format!(
            "has a {TRUNK} that may belong to the number or not: write `{with}` or `{without}`"
        )),
        (Ok(number), _) | (Err(_), Ok(number)) => Ok(number),
        (Err(why), Err(_)) => Err(why),
    }
}

/// Whether there are letters other than those of an extension at the end, such as `x12` or `ext.
/// 12`. The library would take them for digits, as they stand on a keypad.
fn has_letters(text: &str) -> bool {
    let Some(start) = text.find(char::is_alphabetic) else {
        return false;
    };
    let rest = text.get(start..).unwrap_or_default().to_lowercase();
    let extension = ["ext.", "ext", "x"]
        .iter()
        .find_map(|word| rest.strip_prefix(word));
    let is_number = |digits: &str| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    !extension.is_some_and(|extension| is_number(extension.trim()))
}

/// Whether a spreadsheet made another kind of number of it, such as 4.47E+11, or an error, such as
/// `#N/A`.
fn is_damaged(text: &str) -> bool {
    let exponent = text
        .split_once(['e', 'E'])
        .is_some_and(|(digits, exponent)| {
            let is_decimal = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
            !digits.is_empty()
                && digits.chars().all(is_decimal)
                && exponent
                    .trim_start_matches('+')
                    .chars()
                    .all(|c| c.is_ascii_digit())
        });
    exponent || text.starts_with('#')
}

/// How people write a zero that is dialled within the country only.
const TRUNK: &str = "(0)";

fn understand(text: &str, region: Option<Id>) -> Result<String, String> {
    let number = phonenumber::parse(region, text).map_err(|error| explain(&error, text, region))?;
    let national = number.national().to_string();
    check_plan(&number, &national)?;
    let extension = number
        .extension()
        .map(|extension| format!("x{}", extension.as_ref()));
    Ok(format!(
        "+{} {national}{}",
        number.code().value(),
        extension.unwrap_or_default()
    ))
}

/// Whether two numbers are one: Graph returns a number with a space after the country code, however
/// it was sent. `None` if `there` is masked, as a caller without full rights sees it, so that
/// nobody can say.
pub(super) fn is_same(there: &str, wanted: &str) -> Option<bool> {
    let bare = |number: &str| {
        number
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
            .to_lowercase()
    };
    let there = bare(there);
    let (number, extension) = there.split_once('x').unwrap_or((&there, ""));
    let digits = number
        .strip_prefix('+')
        .unwrap_or(number)
        .chars()
        .chain(extension.chars());
    let readable = digits.into_iter().all(|c| c.is_ascii_digit());
    readable.then(|| there == bare(wanted))
}

/// Numbers at which a person can be reached; the library knows lengths by kind only.
const KINDS: [Type; 6] = [
    Type::FixedLine,
    Type::Mobile,
    Type::Voip,
    Type::PersonalNumber,
    Type::Uan,
    Type::TollFree,
];

/// Longer text is no number, and a parser's time is better spent on numbers.
const LONGEST: usize = 64;

fn check_plan(number: &PhoneNumber, national: &str) -> Result<(), String> {
    let code = number.code().value();
    let Some(regions) = DATABASE.by_code(&code) else {
        return Err(format!("begins with +{code}, which is no country"));
    };
    let kinds = regions.iter().flat_map(|region| {
        KINDS
            .into_iter()
            .filter_map(|kind| region.descriptors().get(kind))
    });
    let lengths = kinds.flat_map(phonenumber::metadata::Descriptor::possible_length);
    if lengths
        .clone()
        .any(|length| usize::from(*length) == national.len())
    {
        let begins_right = |region: &&Metadata| region.descriptors().general().is_match(national);
        return if regions.iter().any(begins_right) {
            Ok(())
        } else {
            Err(format!(
                "is no number of +{code}: none there begins like this"
            ))
        };
    }
    let lengths: BTreeSet<u16> = lengths.copied().collect();
    let lengths: Vec<String> = lengths.iter().map(u16::to_string).collect();
    Err(format!(
        "has {} digits after +{code}, and numbers there have {}",
        national.len(),
        lengths.join(", ")
    ))
}

fn explain(error: &ParseError, text: &str, region: Option<Id>) -> String {
    match error {
        ParseError::InvalidCountryCode if region.is_none() => without_country(text),
        ParseError::InvalidCountryCode => "has a country code that no country has".to_owned(),
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => {
            "is too short to be a phone number".to_owned()
        }
        ParseError::TooLong => "is too long to be a phone number".to_owned(),
        _ => "is not a phone number: write it as +CC number, such as +1 5555550100".to_owned(),
    }
}

/// What to do about a number without a country code: it may have lost its `+` in a spreadsheet.
fn without_country(text: &str) -> String {
    if text.starts_with('+') {
        return "has a country code that no country has".to_owned();
    }
    match understand(
        &format!("+{}", text.strip_prefix("00").unwrap_or(text)),
        None,
    ) {
        Ok(number) => format!("has no + in front: write `{number}` if that is what it means"),
        Err(_) => {
            "has no country code: write +CC in front, or say `--region CC` for the whole file"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(normalise(text, None).as_deref(), Ok(expected), "{text}");
    }

    #[track_caller]
    fn refuse(text: &str, expected: &str) {
        let problem = normalise(text, None).unwrap_err();
        assert!(problem.contains(expected), "{text}: {problem}");
    }

    #[test]
    fn numbers_are_understood_as_people_write_them() {
        check("+1 5555550100", "+1 5555550100");
        check("+15555550100", "+1 5555550100");
        check("+1 (555) 555-0100", "+1 5555550100");
        check("+44 7700 900123", "+44 7700900123");
        check("+44 (0)7700 900123", "+44 7700900123");
        check("+46 70-174 06 05", "+46 701740605");
        check("+1 555 555 0100 x123", "+1 5555550100x123");
        check("+39 06 1234 5678", "+39 0612345678");
    }

    #[test]
    fn what_cannot_be_a_number_says_why() {
        refuse("", "is empty");
        refuse("555 555 0100", "no country code");
        refuse("+1 555-CALL-NOW", "letters");
        refuse("+1 555", "digits after +1");
        refuse("+999 123456789", "country");
        refuse("+1 5555 5501 0022", "digits after +1");
        refuse("+39 (0)340 123 4567", "may belong to the number or not");
        refuse("+1 5550144", "+1");
        refuse("447700900123", "has no + in front: write `+44 7700900123`");
        refuse(
            "0044 7700 900123",
            "has no + in front: write `+44 7700900123`",
        );
        for damaged in ["4.47E+11", "4,47e11", "#N/A", "#VALUE!"] {
            refuse(damaged, "spreadsheet");
        }
        for letters in [
            "n/a",
            "+1 555555010e",
            "+1 800 555 TEXT",
            "+1 5555550100 x",
            "+1 555x5550100y",
        ] {
            refuse(letters, "letters");
        }
    }

    #[test]
    fn a_region_stands_in_for_the_country_code_and_only_there() {
        let sweden = "SE".parse().ok();
        assert_eq!(
            normalise("070-174 06 05", sweden).as_deref(),
            Ok("+46 701740605")
        );
        assert_eq!(
            normalise("+1 5555550100", sweden).as_deref(),
            Ok("+1 5555550100")
        );
    }

    #[test]
    fn spaces_and_case_do_not_make_another_number_and_a_masked_one_is_not_compared() {
        assert_eq!(is_same("+1 5555550100", "+15555550100"), Some(true));
        assert_eq!(is_same("+1 5555550100X12", "+1 5555550100x12"), Some(true));
        assert_eq!(is_same("+1 5555550100", "+1 5555550101"), Some(false));
        for masked in ["+1 XXXXXXXX00", "+X XXXXXXXX00", "+1 ******0100"] {
            assert_eq!(is_same(masked, "+1 5555550100"), None, "{masked}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", region in prop::option::of("[A-Z]{2}")) {
            let region = region.and_then(|region| region.parse().ok());
            if let Ok(number) = normalise(&text, region) {
                prop_assert_eq!(normalise(&number, None), Ok(number.clone()));
            }
        }

        #[test]
        fn no_digits_make_it_panic(text in "[+0-9 ()x.;/-]{0,30}") {
            if let Ok(number) = normalise(&text, None) {
                prop_assert_eq!(normalise(&number, None), Ok(number.clone()));
            }
        }
    }
}
