//! Blobs that are being read: their removal waits for the last reader.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many readers a blob has, and whether it is to go after them.
#[derive(Debug, Default)]
struct Readers {
    count: usize,
    doomed: bool,
}

/// The blobs that are being read now. Names are random, so buckets need not be told apart.
#[derive(Debug, Default)]
pub(super) struct Pins {
    readers: Mutex<HashMap<String, Readers>>,
}

impl Pins {
    /// Counts one more reader. Must happen under the lock of the key whose record names the blob.
    pub(super) fn pin(&self, blob: &str) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.entry(blob.to_owned()).or_default().count += 1;
    }

    /// Counts one reader less; true when it was the last one of a blob that is to go.
    pub(super) fn unpin(&self, blob: &str) -> bool {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = readers.get_mut(blob) else {
            return false;
        };
        entry.count -= 1;
        if entry.count > 0 {
            return false;
        }
        readers.remove(blob).is_some_and(|entry| entry.doomed)
    }

    /// Marks a blob to go after its last reader; false when nobody reads it and it can go at once.
    pub(super) fn doom(&self, blob: &str) -> bool {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.get_mut(blob).map(|entry| entry.doomed = true).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doomed_blob_goes_with_its_last_reader() {
        let pins = Pins::default();
        assert!(!pins.doom("b"));
        pins.pin("b");
        pins.pin("b");
        assert!(pins.doom("b"));
        assert!(!pins.unpin("b"));
        assert!(pins.unpin("b"));
        assert!(!pins.doom("b"));
    }
}
