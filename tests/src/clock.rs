//! A clock that never makes anyone wait, and remembers how long it should have.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
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
