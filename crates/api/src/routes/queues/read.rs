//! `GET /api/v1/queues/{name}`.

use std::sync::Arc;

use axum::extract::State;
use telecine_queue::Queues;

use super::QueueBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// One queue and its jobs by state.
#[utoipa::path(get, path = "/api/v1/queues/{name}", params(("name" = String, Path)),
    responses((status = 200, body = QueueBody), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(queues): State<Arc<dyn Queues>>,
    Id(name): Id<String>,
) -> Result<Json<QueueBody>, Problem> {
    Ok(Json(QueueBody::find(&*queues, name).await?))
}
