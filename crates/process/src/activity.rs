//! The silence watchdog: when did the child last show that it is alive, and is it us who keep it waiting?

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many times the limit a child may be silent while it computes. ffmpeg writes nothing, not even to its progress
/// pipe, before every encoder has looked ahead: 60 frames of x264's preset `slow`, for each rendition. On a machine
/// that is busy with other things that took minutes.
const PATIENCE: u32 = 10;

/// One part in so many of the time on the processor counts as work. A child that hangs uses none.
const LEAST_SHARE: u32 = 100;

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

    /// Returns once there was no sign of life and no hold for `limit`. A child that computes meanwhile, by the
    /// processor time which `used` tells, has [`PATIENCE`] times as long.
    pub(crate) async fn silent_for(&self, limit: Duration, used: impl Fn() -> Option<Duration>) {
        let half = limit / 2;
        loop {
            let last = self.last();
            tokio::time::sleep_until(last + half).await;
            while self.last() == last {
                let before = used();
                tokio::time::sleep(half).await;
                let computed = used().zip(before).map(|(after, before)| after.saturating_sub(before));
                let is_working = computed.is_some_and(|computed| computed >= half / LEAST_SHARE);
                if self.last() == last && (!is_working || last.elapsed() >= limit * PATIENCE) {
                    return;
                }
            }
        }
    }

    /// When the last sign of life was; now, while there is a hold.
    fn last(&self) -> Instant {
        let state = self.state();
        if state.holds > 0 { Instant::now() } else { state.last }
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

    const HANGS: fn() -> Option<Duration> = || Some(Duration::ZERO);

    #[tokio::test(start_paused = true)]
    async fn silence_is_counted_from_the_last_sign_of_life() {
        let activity = Activity::new();
        let start = Instant::now();
        tokio::time::advance(Duration::from_secs(7)).await;
        activity.note();
        activity.silent_for(LIMIT, HANGS).await;
        assert_eq!(start.elapsed().as_secs(), 17);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_does_not_count_while_the_reader_holds_the_child_up() {
        let activity = Activity::new();
        let hold = activity.hold();
        let watch = activity.silent_for(LIMIT, HANGS);
        assert!(tokio::time::timeout(Duration::from_secs(100), watch).await.is_err());
        drop(hold);
        let start = Instant::now();
        activity.silent_for(LIMIT, HANGS).await;
        assert_eq!(start.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_child_that_computes_is_waited_for_longer_but_not_for_ever() {
        let activity = Activity::new();
        let start = Instant::now();
        activity.silent_for(LIMIT, || Some(start.elapsed() / 50)).await;
        assert_eq!(start.elapsed(), LIMIT * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_child_that_stops_computing_is_not_waited_for() {
        let activity = Activity::new();
        let start = Instant::now();
        activity.silent_for(LIMIT, || Some(start.elapsed().min(Duration::from_secs(23)))).await;
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_counts_processor_time_silence_alone_decides() {
        let activity = Activity::new();
        let start = Instant::now();
        activity.silent_for(LIMIT, || None).await;
        assert_eq!(start.elapsed(), LIMIT);
    }
}
