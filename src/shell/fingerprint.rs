//! Tells one content of a file from another.

use ring::digest::{Context, SHA256};
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

/// SHA-256 of a file's content in hexadecimal; `None` if it is no file that can be read.
pub fn fingerprint(path: &Path) -> Option<String> {
    // What can be read only once, such as a pipe, must not be.
    if !path.is_file() {
        return None;
    }
    let mut file = std::fs::File::open(path).ok()?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => break,
            count => context.update(buffer.get(..count)?),
        }
    }
    let mut text = String::new();
    for byte in context.finish().as_ref() {
        write!(text, "{byte:02x}").ok()?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_has_the_same_fingerprint_and_no_other_has() {
        let folder = tempfile::tempdir().unwrap();
        let of = |text: &str| {
            let path = folder.path().join("file");
            std::fs::write(&path, text).unwrap();
            fingerprint(&path)
        };
        // FIPS 180-4, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of("abc").as_deref(), Some(abc));
        assert_ne!(of("abd"), of("abc"));
        assert_eq!(fingerprint(folder.path()), None);
        assert_eq!(fingerprint(&folder.path().join("none")), None);
    }
}
