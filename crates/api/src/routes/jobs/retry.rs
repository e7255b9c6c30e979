//! `POST /api/v1/jobs/{id}/retry`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_queue::Queues;

use crate::extract::Id;
use crate::problem::Problem;

/// Makes a failed job wait again, with all its attempts before it; what it works on is worked on again.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/retry", params(("id" = String, Path)),
    responses((status = 204, description = "it waits again"), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn retry(
    State(queues): State<Arc<dyn Queues>>,
    Id(id): Id<String>,
) -> Result<StatusCode, Problem> {
    queues.retry(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
