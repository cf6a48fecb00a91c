//! Phone numbers as the authentication methods take them.

/// A number in Graph's form, `+{country code} {number}x{extension}` (Graph:
/// phoneAuthenticationMethod).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads a number in Graph's form or without the space, which is accepted too (observed) and
    /// stored with it. Spaces or signs anywhere else are refused.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, extension) = match text.split_once('x') {
            Some((number, extension)) => (number, Some(extension)),
            None => (text, None),
        };
        let number = number.strip_prefix('+')?;
        let digits = number.replacen(' ', "", 1);
        let spaced = number.find(' ');
        if !is_digits(&digits) || !(LEAST_DIGITS..=MOST_DIGITS).contains(&digits.len()) {
            return None;
        }
        let (country, rest) = digits.split_at_checked(country_code_length(&digits)?)?;
        if spaced.is_some_and(|place| place != country.len()) || !extension.is_none_or(is_extension)
        {
            return None;
        }
        let extension = extension
            .map(|extension| format!("x{extension}"))
            .unwrap_or_default();
        Some(Self(format!("+{country} {rest}{extension}")))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Observed: callers check for 8 to 15 digits; 15 is the most E.164 has.
const LEAST_DIGITS: usize = 8;
const MOST_DIGITS: usize = 15;

/// No document bounds an extension; as long as a number is our reading.
const MOST_EXTENSION_DIGITS: usize = 15;

fn is_extension(text: &str) -> bool {
    is_digits(text) && text.len() <= MOST_EXTENSION_DIGITS
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many digits the country code has: one for 1 and 7, two for those listed, three for all others
/// (ITU-T E.164, list of assigned codes).
fn country_code_length(digits: &str) -> Option<usize> {
    let two: u8 = digits.get(..2)?.parse().ok()?;
    match two {
        0..=9 => None,
        10..=19 | 70..=79 => Some(1),
        20
        | 27
        | 30..=34
        | 36
        | 39..=41
        | 43..=49
        | 51..=58
        | 60..=66
        | 81
        | 82
        | 84
        | 86
        | 90..=95
        | 98 => Some(2),
        _ => Some(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: Option<&str>) {
        let number = PhoneNumber::parse(text);
        assert_eq!(number.as_ref().map(PhoneNumber::as_str), expected, "{text}");
    }

    #[test]
    fn numbers_are_read_with_and_without_the_space() {
        reads("+1 2065550123", Some("+1 2065550123"));
        reads("+12065550123", Some("+1 2065550123"));
        reads("+447700900123", Some("+44 7700900123"));
        reads("+4915551234567", Some("+49 15551234567"));
        reads("+3531234567", Some("+353 1234567"));
        reads("+1 5555551234x123", Some("+1 5555551234x123"));
        let longest = "+1 5555551234x123456789012345";
        reads(longest, Some(longest));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "+",
            "2065550123",
            "+1 206 5550123",
            "+1-2065550123",
            "+12 065550123",
            "+1 (206)5550123",
            "+1 20655",
            "+0 2065550123",
            "+1 2065550123x",
            "+1 2065550123x1a",
            "+1 2065550123x1234567890123456",
            "+1 20655501AB",
            "+1234567890123456",
            " +1 2065550123",
        ] {
            reads(text, None);
        }
    }
}
