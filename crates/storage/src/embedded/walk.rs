//! The keys of a bucket in byte order, from any point on, reading only the directories that can hold them.
//!
//! A directory is read in sorted slices, so memory depends on the depth of the tree and not on its size.

use std::collections::{BinaryHeap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::key_path::{Component, parse_component};
use super::record::{self, ObjectRecord};

/// Entries of one directory kept at a time: a page of a list.
const SLICE_ENTRIES: usize = 1024;

/// One entry of a directory; sorts by the bytes it adds to the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    bytes: Vec<u8>,
    name: String,
    is_object: bool,
}

/// A directory on the way to the present key.
struct Level {
    path: PathBuf,
    /// The bytes that all keys in here begin with.
    prefix: Vec<u8>,
    entries: VecDeque<Entry>,
    /// Where the next slice begins, when this slice was full.
    resume_after: Option<Entry>,
}

/// A walk over the records of a bucket.
pub(super) struct Walk {
    levels: Vec<Level>,
    prefix: Vec<u8>,
    after: Vec<u8>,
    /// Nothing that begins with these bytes is wanted any more.
    skipped: Option<Vec<u8>>,
}

impl Walk {
    /// Starts with the first key that begins with `prefix` and is greater than `after`.
    pub(super) fn new(keys: PathBuf, prefix: &str, after: &str) -> io::Result<Self> {
        let mut walk = Self { levels: Vec::new(), prefix: prefix.into(), after: after.into(), skipped: None };
        walk.descend(keys, Vec::new())?;
        Ok(walk)
    }

    /// Leaves out everything that begins with `prefix`.
    pub(super) fn skip(&mut self, prefix: &str) {
        self.skipped = Some(prefix.into());
    }

    /// The next object, or `None` at the end.
    pub(super) fn next_object(&mut self) -> io::Result<Option<ObjectRecord>> {
        while let Some(level) = self.levels.last_mut() {
            let Some(entry) = level.entries.pop_front() else {
                self.next_slice()?;
                continue;
            };
            let full = [&*level.prefix, &*entry.bytes].concat();
            let path = level.path.join(&entry.name);
            if !self.is_wanted(&full, entry.is_object) {
                continue;
            }
            if !entry.is_object {
                self.descend(path, full)?;
                continue;
            }
            // An object that was removed since the directory was read is not there: go on.
            if let Some(object) = record::read_intact(&path)? {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    fn is_wanted(&self, full: &[u8], is_object: bool) -> bool {
        if self.skipped.as_ref().is_some_and(|skipped| full.starts_with(skipped)) {
            return false;
        }
        if is_object {
            return full.starts_with(&self.prefix) && full > &*self.after;
        }
        let can_match = full.starts_with(&self.prefix) || self.prefix.starts_with(full);
        can_match && (full > &*self.after || self.after.starts_with(full))
    }

    fn descend(&mut self, path: PathBuf, prefix: Vec<u8>) -> io::Result<()> {
        self.levels.push(Level { path, prefix, entries: VecDeque::new(), resume_after: None });
        self.read_slice(None)
    }

    fn next_slice(&mut self) -> io::Result<()> {
        match self.levels.last_mut().and_then(|level| level.resume_after.take()) {
            Some(last) => self.read_slice(Some(&last)),
            None => {
                self.levels.pop();
                Ok(())
            }
        }
    }

    /// Reads the smallest wanted entries of the innermost directory that are greater than `after`.
    fn read_slice(&mut self, after: Option<&Entry>) -> io::Result<()> {
        let Some(level) = self.levels.last() else {
            return Ok(());
        };
        let is_wanted = |entry: &Entry| {
            after.is_none_or(|after| entry > after)
                && self.is_wanted(&[&*level.prefix, &*entry.bytes].concat(), entry.is_object)
        };
        let mut smallest = BinaryHeap::new();
        let mut is_cut = false;
        for entry in entries(&level.path)? {
            let entry = entry?;
            if !is_wanted(&entry) {
                continue;
            }
            smallest.push(entry);
            if smallest.len() > SLICE_ENTRIES {
                smallest.pop();
                is_cut = true;
            }
        }
        let sorted = VecDeque::from(smallest.into_sorted_vec());
        if let Some(level) = self.levels.last_mut() {
            level.resume_after = if is_cut { sorted.back().cloned() } else { None };
            level.entries = sorted;
        }
        Ok(())
    }
}

/// The entries of a directory that are ours; none when it was removed meanwhile.
fn entries(directory: &Path) -> io::Result<impl Iterator<Item = io::Result<Entry>>> {
    let read = match fs::read_dir(directory) {
        Ok(read) => Some(read),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(read.into_iter().flatten().filter_map(|entry| entry.map(|entry| parse(&entry)).transpose()))
}

fn parse(entry: &fs::DirEntry) -> Option<Entry> {
    let name = entry.file_name().into_string().ok()?;
    let (bytes, component) = parse_component(&name)?;
    Some(Entry { bytes, name, is_object: component == Component::Object })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::key_path::record_path;
    use crate::embedded::record::{Headers, to_bytes};

    fn folder_with(keys: &[String]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for key in keys {
            let object = ObjectRecord {
                key: key.clone(),
                etag: String::new(),
                size: 0,
                modified_ms: 0,
                blob: String::new(),
                parts: Vec::new(),
                headers: Headers::default(),
            };
            let path = folder.path().join(record_path(key));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, to_bytes(&object).unwrap()).unwrap();
        }
        folder
    }

    fn walked(folder: &tempfile::TempDir, prefix: &str, after: &str) -> Vec<String> {
        let mut walk = Walk::new(folder.path().to_owned(), prefix, after).unwrap();
        std::iter::from_fn(|| walk.next_object().unwrap()).map(|object| object.key).collect()
    }

    fn awkward_keys() -> Vec<String> {
        let long = "x".repeat(80);
        let mut keys: Vec<String> =
            ["a", "a-b", "a/b", "a/b/c", "a//", "a0", "B", "ü", "\0", "..", "../x"].map(String::from).into();
        keys.extend(["", "-", "-a", "/", "/a", "0", "0/1"].map(|tail| format!("{long}{tail}")));
        keys
    }

    #[test]
    fn keys_come_in_byte_order_from_any_point_and_under_any_prefix() {
        let mut keys = awkward_keys();
        let folder = folder_with(&keys);
        keys.sort();
        assert_eq!(walked(&folder, "", ""), keys);
        for start in &keys {
            let later: Vec<_> = keys.iter().filter(|key| *key > start).cloned().collect();
            assert_eq!(walked(&folder, "", start), later, "after {start:?}");
            let below: Vec<_> = keys.iter().filter(|key| key.starts_with(start.as_str())).cloned().collect();
            assert_eq!(walked(&folder, start, ""), below, "under {start:?}");
        }
    }

    #[test]
    fn a_directory_larger_than_a_slice_is_walked_to_its_end() {
        let keys: Vec<String> = (0..SLICE_ENTRIES * 2 + 1).map(|i| format!("k{i:06}")).collect();
        assert_eq!(walked(&folder_with(&keys), "", ""), keys);
    }

    #[test]
    fn a_skipped_prefix_is_not_walked() {
        let folder = folder_with(&["a/1", "a/2", "b"].map(String::from));
        let mut walk = Walk::new(folder.path().to_owned(), "", "").unwrap();
        walk.next_object().unwrap();
        walk.skip("a/");
        assert_eq!(walk.next_object().unwrap().unwrap().key, "b");
    }
}
