//! `DELETE /api/v1/jobs/{id}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_queue::Queues;

use crate::extract::Id;
use crate::problem::Problem;

/// Removes a job that is not running. One that has not ended fails first, so that what it works on does not wait for ever.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "it is gone"), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn delete(
    State(queues): State<Arc<dyn Queues>>,
    Id(id): Id<String>,
) -> Result<StatusCode, Problem> {
    queues.remove(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
