//! `POST /api/v1/queues/{name}/resume`.

use std::sync::Arc;

use axum::extract::State;
use telecine_queue::Queues;

use super::QueueBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// Jobs of the queue are taken again.
#[utoipa::path(post, path = "/api/v1/queues/{name}/resume", params(("name" = String, Path)),
    responses((status = 200, body = QueueBody), (status = 404, body = Problem)))]
pub(crate) async fn resume(
    State(queues): State<Arc<dyn Queues>>,
    Id(name): Id<String>,
) -> Result<Json<QueueBody>, Problem> {
    queues.resume(&name).await?;
    Ok(Json(QueueBody::find(&*queues, name).await?))
}
