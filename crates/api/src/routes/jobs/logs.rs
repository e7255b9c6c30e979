//! `GET /api/v1/jobs/{id}/logs`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_queue::Queues;
use utoipa::{IntoParams, ToSchema};

use super::LogLineBody;
use crate::extract::{Id, Json, Params};
use crate::page;
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogParams {
    /// `next_after` of the page before; 0 for the first page.
    after: Option<i64>,
    /// Lines on the page, 1 to 100; 20 if left out.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogPage {
    /// In the order in which they were written; the newest 1000 of a job are kept.
    items: Vec<LogLineBody>,
    /// Where the next lines will be; also when there are none yet.
    next_after: i64,
}

/// What the job has written down while it ran, page by page.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/logs", params(("id" = String, Path), LogParams),
    responses((status = 200, body = LogPage), (status = "4XX", body = Problem)))]
pub(crate) async fn logs(
    State(queues): State<Arc<dyn Queues>>,
    Id(id): Id<String>,
    Params(params): Params<LogParams>,
) -> Result<Json<LogPage>, Problem> {
    let after = params.after.unwrap_or(0);
    let lines = queues.log(&id, after, page::limit(params.limit)?).await?;
    let next_after = lines.last().map_or(after, |line| line.number);
    Ok(Json(LogPage { items: lines.into_iter().map(LogLineBody::from).collect(), next_after }))
}
