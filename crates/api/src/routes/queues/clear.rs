//! `DELETE /api/v1/queues/{name}/jobs`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_model::{Clock, JobState};
use telecine_queue::Queues;
use utoipa::{IntoParams, ToSchema};

use super::jobs::invalid_state;
use crate::extract::{Id, Json, Params};
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearParams {
    /// `completed` or `failed`.
    state: String,
    /// Only jobs that ended at least so many seconds ago; all of them if left out.
    older_than_s: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cleared {
    /// Jobs that are gone.
    cleared: u64,
}

/// Removes the jobs of the queue that have ended in this state.
#[utoipa::path(delete, path = "/api/v1/queues/{name}/jobs", params(("name" = String, Path), ClearParams),
    responses((status = 200, body = Cleared), (status = "4XX", body = Problem)))]
pub(crate) async fn clear(
    State(queues): State<Arc<dyn Queues>>,
    State(clock): State<Arc<dyn Clock>>,
    Id(name): Id<String>,
    Params(params): Params<ClearParams>,
) -> Result<Json<Cleared>, Problem> {
    let state: JobState = params.state.parse().map_err(|unknown| invalid_state(&unknown))?;
    if !state.is_finished() {
        let detail = format!("state is {state}; only completed or failed jobs are cleared");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_state", detail));
    }
    let ended_before = clock.now_ms() - i64::from(params.older_than_s.unwrap_or(0)) * 1000;
    Ok(Json(Cleared { cleared: queues.clear(&name, state, ended_before).await? }))
}
