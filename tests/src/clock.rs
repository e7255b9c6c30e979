//! Clocks that are not the machine's: one that never makes anyone wait, and one that is set wrong.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use telecine_model::{Clock, SystemClock};

/// Tells the real time; its sleepers wake at once.
#[derive(Debug, Default)]
pub struct ImpatientClock(Mutex<Vec<Duration>>);

impl ImpatientClock {
    /// What sleepers wanted to wait, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Clock for ImpatientClock {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.0.lock().unwrap().push(Duration::try_from(at - self.now()).unwrap_or_default());
    }
}

/// The clock of a machine that is set wrong by so much.
#[derive(Debug)]
pub struct WrongClock(pub SignedDuration);

#[async_trait]
impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }

    async fn sleep_until(&self, at: Timestamp) {
        SystemClock.sleep_until(at - self.0).await;
    }
}
