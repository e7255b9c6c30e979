//! `GET /api/v1/queues`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_queue::{Queues, QueuesError};
use utoipa::ToSchema;

use super::QueueBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueList {
    /// By name, also those without jobs.
    items: Vec<QueueBody>,
}

/// Every queue and its jobs by state.
#[utoipa::path(get, path = "/api/v1/queues", responses((status = 200, body = QueueList), (status = 401, body = Problem)))]
pub(crate) async fn list(State(queues): State<Arc<dyn Queues>>) -> Result<Json<QueueList>, Problem> {
    let items =
        queues.overview().await.map_err(QueuesError::from)?.into_iter().map(QueueBody::from).collect();
    Ok(Json(QueueList { items }))
}
