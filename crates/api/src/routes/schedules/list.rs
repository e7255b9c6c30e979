//! `GET /api/v1/schedules`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_queue::Queues;
use utoipa::ToSchema;

use super::ScheduleBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleList {
    /// By id.
    items: Vec<ScheduleBody>,
}

/// What makes jobs come again and again.
#[utoipa::path(get, path = "/api/v1/schedules",
    responses((status = 200, body = ScheduleList), (status = 401, body = Problem)))]
pub(crate) async fn list(State(queues): State<Arc<dyn Queues>>) -> Result<Json<ScheduleList>, Problem> {
    let items = queues.schedules().await?.into_iter().map(ScheduleBody::from).collect();
    Ok(Json(ScheduleList { items }))
}
