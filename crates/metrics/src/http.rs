//! Requests that were answered in this process.

use std::time::Duration;

use crate::counter::Counter;
use crate::histogram::Histogram;
use crate::text::Text;

/// In seconds; requests are small JSON and end after 60 s at the latest.
const BOUNDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// Counts requests by method, route and status.
#[derive(Debug)]
pub struct HttpMetrics {
    answered: Counter<3>,
    took: Histogram<1>,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self {
            answered: Counter::new(
                "telecine_http_requests_total",
                "Requests that were answered.",
                ["method", "route", "status"],
            ),
            took: Histogram::new(
                "telecine_http_request_seconds",
                "From the head of a request to the head of its answer.",
                ["route"],
                BOUNDS,
            ),
        }
    }
}

impl HttpMetrics {
    /// Notes an answer. `route` is the pattern such as `/api/v1/videos/{id}`, never a path from outside.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.answered.count([method, route, &status.to_string()]);
        self.took.observe([route], took);
    }

    /// Requests in all, and those among them whose status was 500 or above.
    #[must_use]
    pub fn totals(&self) -> (u64, u64) {
        (self.answered.sum(|_| true), self.answered.sum(|[_, _, status]| status.starts_with('5')))
    }

    pub(crate) fn write(&self, text: &mut Text) {
        self.answered.write(text);
        self.took.write(text);
    }
}
