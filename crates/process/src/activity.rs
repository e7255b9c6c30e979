//! The silence watchdog: when did the child last show that it is alive, and is it us who keep it waiting?

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Remembers when a child last gave a sign of life. Clones share one memory.
#[derive(Debug, Clone)]
pub struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    last: Instant,
    holds: usize,
}

/// While a hold lives, silence does not count: the child waits for its reader, not the other way round.
#[derive(Debug)]
pub struct Hold(Activity);

impl Activity {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { last: Instant::now(), holds: 0 })))
    }

    /// Notes a sign of life.
    pub fn note(&self) {
        self.state().last = Instant::now();
    }

    /// Stops the watchdog until the hold is dropped; hold it while a slow consumer keeps a pipe full.
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.state().holds += 1;
        Hold(self.clone())
    }

    /// Returns once there was no sign of life and no hold for `limit`.
    pub(crate) async fn silent_for(&self, limit: Duration) {
        loop {
            let wake_at = {
                let state = self.state();
                let since = if state.holds > 0 { Instant::now() } else { state.last };
                since + limit
            };
            if wake_at <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(wake_at).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.holds -= 1;
        state.last = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn silence_is_counted_from_the_last_sign_of_life() {
        let activity = Activity::new();
        let start = Instant::now();
        tokio::time::advance(Duration::from_secs(7)).await;
        activity.note();
        activity.silent_for(LIMIT).await;
        assert_eq!(start.elapsed().as_secs(), 17);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_does_not_count_while_the_reader_holds_the_child_up() {
        let activity = Activity::new();
        let hold = activity.hold();
        let watch = activity.silent_for(LIMIT);
        assert!(tokio::time::timeout(Duration::from_secs(100), watch).await.is_err());
        drop(hold);
        let start = Instant::now();
        activity.silent_for(LIMIT).await;
        assert_eq!(start.elapsed(), LIMIT);
    }
}
