//! `POST /api/v1/tokens`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use telecine_app::access::create_token;
use telecine_app::{App, AppError};
use telecine_model::Scope;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;

/// Characters of a name, at most.
const MAX_NAME_CHARS: usize = 100;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for.
    name: String,
    /// `full` or `read`.
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedToken {
    /// Shown here and never again.
    #[schema(format = Password)]
    token: String,
}

/// Makes a token.
#[utoipa::path(post, path = "/api/v1/tokens", request_body = NewToken,
    responses((status = 201, body = CreatedToken), (status = "4XX", body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Json(wish): Json<NewToken>,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    let name = wish.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        let detail = format!("name must have 1 to {MAX_NAME_CHARS} characters and no control characters");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_name", detail));
    }
    let scope: Scope = wish.scope.as_deref().unwrap_or(Scope::Full.as_str()).parse().map_err(|_| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_scope", "scope must be full or read")
    })?;
    let token = create_token(&app.db, &*app.clock, name, scope).await.map_err(AppError::from)?;
    Ok((StatusCode::CREATED, Json(CreatedToken { token: token.expose_secret().to_owned() })))
}
