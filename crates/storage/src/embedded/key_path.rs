//! Where an object's record lies: keys as file names, without traversal, conflicts or limits.
//!
//! A key is cut at `/`; every segment becomes one or more path components, percent-encoded, with a suffix that says
//! what the component is:
//!
//! - `name,o` the record of an object whose last segment is `name`
//! - `name,d` a directory: `name/` of longer keys
//! - `name,c` the first 80 bytes of a longer segment, the rest is inside
//!
//! So `f` and `f/child` live side by side, `..` is an ordinary name (`..,o`), no component is longer than 242 bytes,
//! and capitals are encoded too, so that file systems that fold case keep `A` and `a` apart.
//! A segment of 80 bytes or more always starts with a `,c`: everything that begins with these 80 bytes is in there,
//! which keeps a sorted walk in the byte order of the keys.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// Bytes of a segment in one path component: encoded at most 240 characters, and file systems take 255.
const CHUNK_BYTES: usize = 80;

/// What is left of ASCII unencoded: `a-z 0-9 . _ -`.
const ENCODED: AsciiSet = encoded_set();

const fn encoded_set() -> AsciiSet {
    let mut set = NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');
    let mut capital = b'A';
    while capital <= b'Z' {
        set = set.add(capital);
        capital += 1;
    }
    set
}

/// What a path component stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    /// The record of an object.
    Object,
    /// A directory: a `/` follows.
    Directory,
    /// The start of a long segment: more of it follows.
    Continued,
}

/// The path of an object's record below the directory of keys.
pub(super) fn record_path(key: &str) -> PathBuf {
    let mut path = PathBuf::new();
    let mut segments = key.as_bytes().split(|&byte| byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let mut rest = segment;
        while rest.len() >= CHUNK_BYTES {
            let (chunk, tail) = rest.split_at(CHUNK_BYTES);
            path.push(component(chunk, ",c"));
            rest = tail;
        }
        path.push(component(rest, if segments.peek().is_some() { ",d" } else { ",o" }));
    }
    path
}

fn component(bytes: &[u8], suffix: &str) -> String {
    format!("{}{suffix}", percent_encode(bytes, &ENCODED))
}

/// The bytes that a path component adds to the key and what it is; `None` for a file that is not ours.
/// A directory adds its `/`, so sorting by these bytes sorts by key.
pub(super) fn parse_component(name: &str) -> Option<(Vec<u8>, Component)> {
    let (encoded, suffix) = name.rsplit_once(',')?;
    let mut bytes: Vec<u8> = percent_decode_str(encoded).collect();
    match suffix {
        "o" => Some((bytes, Component::Object)),
        "c" => Some((bytes, Component::Continued)),
        "d" => {
            bytes.push(b'/');
            Some((bytes, Component::Directory))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Component as PathPart;

    use super::*;

    const HOSTILE: [&str; 14] =
        ["a", "a/b", "..", "../other/x", "a/..", ".", "/", "/lead", "a//b", "a/", "\0", "A,o", "%41", "ü ☃"];

    fn read_back(key: &str) -> String {
        let mut bytes = Vec::new();
        for part in record_path(key).iter() {
            bytes.extend(parse_component(part.to_str().unwrap()).unwrap().0);
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn every_key_has_a_path_of_its_own_inside_the_directory() {
        for key in HOSTILE {
            let path = record_path(key);
            assert!(path.components().all(|part| matches!(part, PathPart::Normal(_))), "{key:?} -> {path:?}");
            assert_eq!(read_back(key), key);
        }
    }

    #[test]
    fn long_segments_are_cut_below_the_limit_of_file_systems() {
        for length in [79, 80, 81, 160, 1024] {
            let key = "É".repeat(length / 2) + &"x".repeat(length % 2);
            assert!(record_path(&key).iter().all(|part| part.len() <= 242), "{length}");
            assert_eq!(read_back(&key), key);
        }
    }

    #[test]
    fn an_object_never_needs_the_path_of_a_directory() {
        for (object, below) in [("f", "f/child"), (&*"x".repeat(80), &*("x".repeat(80) + "/y"))] {
            assert!(!record_path(below).starts_with(record_path(object)));
        }
    }

    #[test]
    fn capitals_do_not_meet_small_letters_on_file_systems_that_fold_case() {
        let fold = |key| record_path(key).to_str().unwrap().to_lowercase();
        assert_ne!(fold("Movie"), fold("movie"));
    }
}
