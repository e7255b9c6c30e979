//! `POST /api/v1/queues/{name}/retry`.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use telecine_queue::Queues;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Id, Json, Params};
use crate::page;
use crate::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryParams {
    /// Only jobs with this text in id, kind, subject, data or reason.
    text: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Retried {
    /// Jobs that wait again.
    retried: u64,
}

/// Makes every failed job of the queue wait again, with all its attempts before it.
#[utoipa::path(post, path = "/api/v1/queues/{name}/retry", params(("name" = String, Path), RetryParams),
    responses((status = 200, body = Retried), (status = "4XX", body = Problem)))]
pub(crate) async fn retry(
    State(queues): State<Arc<dyn Queues>>,
    Id(name): Id<String>,
    Params(params): Params<RetryParams>,
) -> Result<Json<Retried>, Problem> {
    let text = page::text(params.text)?;
    Ok(Json(Retried { retried: queues.retry_all(&name, text.as_deref()).await? }))
}
