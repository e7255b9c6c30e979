//! `GET /api/v1/tokens`.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use telecine_app::access::list_tokens;
use telecine_app::{App, AppError};
use utoipa::ToSchema;

use super::TokenBody;
use crate::extract::Json;
use crate::problem::Problem;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokensBody {
    /// Oldest first.
    items: Vec<TokenBody>,
}

/// Every token, without its text.
#[utoipa::path(get, path = "/api/v1/tokens", responses((status = 200, body = TokensBody), (status = 401, body = Problem)))]
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<Json<TokensBody>, Problem> {
    let tokens = list_tokens(&app.db).await.map_err(AppError::from)?;
    Ok(Json(TokensBody { items: tokens.into_iter().map(TokenBody::from).collect() }))
}
