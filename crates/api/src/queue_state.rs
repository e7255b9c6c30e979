//! What the routes about jobs work with: the queues and the time, whatever engine is behind them.

use std::sync::Arc;

use axum::extract::FromRef;
use telecine_model::Clock;
use telecine_queue::Queues;

/// The state of the routes about jobs.
#[derive(Clone)]
pub(crate) struct QueueState {
    pub(crate) queues: Arc<dyn Queues>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl FromRef<QueueState> for Arc<dyn Queues> {
    fn from_ref(state: &QueueState) -> Self {
        state.queues.clone()
    }
}

impl FromRef<QueueState> for Arc<dyn Clock> {
    fn from_ref(state: &QueueState) -> Self {
        state.clock.clone()
    }
}
