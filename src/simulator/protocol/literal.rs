//! How keys and values are written in an address.

use percent_encoding::percent_decode_str;

/// Decodes `%xx`; bytes that are not UTF-8 become replacement characters, which match nothing.
pub(crate) fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The text between single quotes, with doubled quotes undone; anything else is no literal.
pub(crate) fn unquoted(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character == '\'' && characters.next() != Some('\'') {
            return None;
        }
        value.push(character);
    }
    Some(value)
}
