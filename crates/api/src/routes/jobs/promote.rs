//! `POST /api/v1/jobs/{id}/promote`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_queue::Queues;

use crate::extract::Id;
use crate::problem::Problem;

/// Makes a delayed job due at once: one that was added for later, or that waits for its next attempt.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/promote", params(("id" = String, Path)),
    responses((status = 204, description = "it is due"), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn promote(
    State(queues): State<Arc<dyn Queues>>,
    Id(id): Id<String>,
) -> Result<StatusCode, Problem> {
    queues.promote(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
