//! `POST /api/v1/queues/{name}/pause`.

use std::sync::Arc;

use axum::extract::State;
use telecine_queue::Queues;

use super::QueueBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// Nobody takes jobs of the queue until it is resumed; running ones go on.
#[utoipa::path(post, path = "/api/v1/queues/{name}/pause", params(("name" = String, Path)),
    responses((status = 200, body = QueueBody), (status = 404, body = Problem)))]
pub(crate) async fn pause(
    State(queues): State<Arc<dyn Queues>>,
    Id(name): Id<String>,
) -> Result<Json<QueueBody>, Problem> {
    queues.pause(&name).await?;
    Ok(Json(QueueBody::find(&*queues, name).await?))
}
