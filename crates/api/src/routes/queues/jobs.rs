//! `GET /api/v1/queues/{name}/jobs`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use telecine_db::jobs::Filter;
use telecine_model::{JobState, UnknownJobState};
use telecine_queue::Queues;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Id, Json, Params};
use crate::page;
use crate::problem::Problem;
use crate::routes::jobs::JobSummary;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobListParams {
    /// Only jobs in one of these states, separated by commas: `waiting`, `delayed`, `active`, `waiting-children`,
    /// `completed`, `failed`.
    state: Option<String>,
    /// Only jobs with this text in id, kind, subject, data or reason.
    text: Option<String>,
    /// `next_offset` of the page before.
    offset: Option<u64>,
    /// Jobs on the page, 1 to 100; 20 if left out.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPage {
    /// Ended ones newest first when only those are asked for; else in the order in which they run.
    items: Vec<JobSummary>,
    /// Where the next page starts; null on the last one.
    next_offset: Option<u64>,
}

/// Jobs of the queue, page by page.
#[utoipa::path(get, path = "/api/v1/queues/{name}/jobs", params(("name" = String, Path), JobListParams),
    responses((status = 200, body = JobPage), (status = "4XX", body = Problem)))]
pub(crate) async fn jobs(
    State(queues): State<Arc<dyn Queues>>,
    Id(name): Id<String>,
    Params(params): Params<JobListParams>,
) -> Result<Json<JobPage>, Problem> {
    let (limit, offset) = (page::limit(params.limit)?, page::offset(params.offset)?);
    let filter = Filter {
        queue: Some(name),
        states: states(params.state.as_deref()).map_err(|unknown| invalid_state(&unknown))?,
        text: page::text(params.text)?,
        offset,
        // One more than asked for tells whether there is a next page.
        limit: limit + 1,
    };
    let mut jobs = queues.list(&filter).await?;
    let has_more = jobs.len() as u64 > limit;
    jobs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_offset = has_more.then_some(offset + limit);
    Ok(Json(JobPage { items: jobs.into_iter().map(JobSummary::from).collect(), next_offset }))
}

fn states(listed: Option<&str>) -> Result<Vec<JobState>, UnknownJobState> {
    listed.into_iter().flat_map(|listed| listed.split(',')).map(str::parse).collect()
}

/// The answer to a state that is none.
pub(super) fn invalid_state(unknown: &UnknownJobState) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_state", unknown.to_string())
}
