//! The queues, in both forms of the metrics.

use std::collections::BTreeMap;

use serde::Serialize;
use telecine_metrics::Text;
use telecine_queue::QueueOverview;
use utoipa::ToSchema;

/// Jobs of one queue by state, wherever they run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct QueueBody {
    waiting: u64,
    active: u64,
    completed: u64,
    failed: u64,
    delayed: u64,
    #[serde(rename = "waiting-children")]
    waiting_children: u64,
    /// Whether nobody takes its jobs at present.
    paused: bool,
}

impl From<&QueueOverview> for QueueBody {
    fn from(queue: &QueueOverview) -> Self {
        let counts = queue.counts;
        Self {
            waiting: counts.waiting,
            active: counts.active,
            completed: counts.completed,
            failed: counts.failed,
            delayed: counts.delayed,
            waiting_children: counts.waiting_children,
            paused: queue.is_paused,
        }
    }
}

/// Adds the queues to the text for Prometheus.
#[expect(clippy::cast_precision_loss, reason = "no queue holds 2^53 jobs")]
pub(super) fn write(queues: &BTreeMap<String, QueueOverview>, text: &mut Text) {
    text.gauge("telecine_queue_jobs", "Jobs that are kept, by state, wherever they run.");
    for (queue, overview) in queues {
        let counts = overview.counts;
        for (state, jobs) in [
            ("waiting", counts.waiting),
            ("active", counts.active),
            ("completed", counts.completed),
            ("failed", counts.failed),
            ("delayed", counts.delayed),
            ("waiting-children", counts.waiting_children),
        ] {
            text.sample("telecine_queue_jobs", &[("queue", queue), ("state", state)], jobs as f64);
        }
    }
    text.gauge("telecine_queue_paused", "1 while nobody takes jobs of the queue.");
    for (queue, overview) in queues {
        text.sample("telecine_queue_paused", &[("queue", queue)], f64::from(u8::from(overview.is_paused)));
    }
}
