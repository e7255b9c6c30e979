//! What one process has done, in numbers: counted in memory, read as Prometheus text or one by one.
//!
//! There are no globals: whoever makes a [`Metrics`] hands it to those who count. Every family has a limit on its series,
//! so that names from outside cannot fill the memory.

mod counter;
mod histogram;
mod http;
mod jobs;
mod labels;
mod process;
mod text;

use std::time::Instant;

pub use counter::Counter;
pub use histogram::Histogram;
pub use http::HttpMetrics;
pub use jobs::{JobMetrics, JobOutcome, JobTotals};
pub use process::ProcessUse;
pub use text::Text;

/// The numbers of one process.
#[derive(Debug)]
pub struct Metrics {
    /// Jobs that ran here.
    pub jobs: JobMetrics,
    /// Requests that were answered here.
    pub http: HttpMetrics,
    started: Instant,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { jobs: JobMetrics::default(), http: HttpMetrics::default(), started: Instant::now() }
    }
}

impl Metrics {
    /// Seconds since the process began to count.
    #[must_use]
    pub fn uptime_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Everything as Prometheus text.
    pub fn write(&self, text: &mut Text) {
        self.jobs.write(text);
        self.http.write(text);
        ProcessUse::now().write(text);
        text.gauge("telecine_uptime_seconds", "Seconds since this process has started.");
        text.sample("telecine_uptime_seconds", &[], self.uptime_s());
    }
}
