//! `GET /api/v1/jobs/{id}`.

use std::sync::Arc;

use axum::extract::State;
use telecine_queue::Queues;

use super::JobBody;
use crate::extract::{Id, Json};
use crate::problem::Problem;

/// One job: where it stands, its attempts with time, worker and reason, its data, log and children. Secrets in what it
/// was given and in what it says are masked.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", params(("id" = String, Path)),
    responses((status = 200, body = JobBody), (status = 404, body = Problem)))]
pub(crate) async fn read(
    State(queues): State<Arc<dyn Queues>>,
    Id(id): Id<String>,
) -> Result<Json<JobBody>, Problem> {
    Ok(Json(queues.find(&id).await?.into()))
}
