//! `POST /api/v1/jobs/{id}/cancel`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use telecine_queue::Queues;

use crate::extract::Id;
use crate::problem::Problem;

/// Cancels a job. One that waits fails at once with the code `cancelled`; a running one is asked to stop, and fails so a
/// moment later.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancel", params(("id" = String, Path)),
    responses((status = 204, description = "it has failed, or is asked to stop"), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn cancel(
    State(queues): State<Arc<dyn Queues>>,
    Id(id): Id<String>,
) -> Result<StatusCode, Problem> {
    queues.cancel(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
