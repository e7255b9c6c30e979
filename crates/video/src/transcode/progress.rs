//! How much is done: as much as the slowest rendition has.

use std::sync::{Mutex, PoisonError};

/// Adds up what the readers report.
pub(super) struct Progress<'a> {
    report: &'a (dyn Fn(f64) + Send + Sync),
    tracks: Mutex<Tracks>,
}

struct Tracks {
    /// Planned and done seconds of each rendition that says how long it will be.
    seconds: Vec<Option<(f64, f64)>>,
    reported: f64,
}

impl<'a> Progress<'a> {
    /// `planned` seconds of each rendition, where known.
    pub(super) fn new(
        report: &'a (dyn Fn(f64) + Send + Sync),
        planned: impl Iterator<Item = Option<f64>>,
    ) -> Self {
        let seconds = planned.map(|planned| planned.map(|planned| (planned, 0.0))).collect();
        Self { report, tracks: Mutex::new(Tracks { seconds, reported: 0.0 }) }
    }

    /// Notes that rendition `index` is done up to `end` seconds.
    pub(super) fn advance(&self, index: usize, end: f64) {
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some((_, done))) = tracks.seconds.get_mut(index) {
            *done = end;
        }
        let shares = tracks.seconds.iter().flatten().map(|(planned, done)| (done / planned).clamp(0.0, 1.0));
        let Some(least) = shares.reduce(f64::min) else {
            return;
        };
        if least > tracks.reported {
            tracks.reported = least;
            (self.report)(least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_that_of_the_slowest_rendition_and_never_falls() {
        let seen = Mutex::new(Vec::new());
        let report = |share: f64| seen.lock().expect("a lock").push(share);
        let progress = Progress::new(&report, [Some(8.0), Some(10.0), None].into_iter());
        for (index, end) in [(0, 4.0), (1, 4.0), (2, 99.0), (1, 20.0), (0, 4.0), (0, 8.0)] {
            progress.advance(index, end);
        }
        assert_eq!(*seen.lock().expect("a lock"), [0.4, 0.5, 1.0]);
    }

    #[test]
    fn nothing_is_reported_when_no_duration_is_known() {
        let progress = Progress::new(&|_| panic!("there is nothing to report"), [None].into_iter());
        progress.advance(0, 5.0);
    }
}
