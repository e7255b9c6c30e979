//! Locks by name: writers of one key take turns, writers of different keys mostly do not meet.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Enough that a few dozen writers seldom share a lock.
const STRIPES: u64 = 256;

/// A fixed number of locks; a name always falls on the same one.
#[derive(Debug)]
pub(super) struct StripedLocks {
    hasher: RandomState,
    stripes: Vec<Mutex<()>>,
}

impl Default for StripedLocks {
    fn default() -> Self {
        Self { hasher: RandomState::new(), stripes: (0..STRIPES).map(|_| Mutex::default()).collect() }
    }
}

impl StripedLocks {
    /// Waits for the lock of `name` in `bucket`. Only for blocking threads: it is held across disk writes.
    /// Never take two of one set: the names could share a stripe.
    pub(super) fn lock(&self, bucket: &str, name: &str) -> MutexGuard<'_, ()> {
        let stripe = usize::try_from(self.hasher.hash_one((bucket, name)) % STRIPES).unwrap_or(0);
        self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
