//! `POST /api/v1/session`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use telecine_app::access::{new_session_of, token_owner};
use telecine_app::{App, AppError};
use utoipa::ToSchema;

use crate::extract::Json;
use crate::problem::Problem;
use crate::{access, cookie};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// A token of `telecine token create`.
    #[schema(value_type = String, format = Password)]
    token: SecretString,
}

/// Signs the browser in with a token.
#[utoipa::path(post, path = "/api/v1/session", security(()), request_body = Credentials,
    responses((status = 204, description = "signed in; the answer sets the cookie"), (status = 401, body = Problem)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    access::same_origin(&app, &headers)?;
    let token = credentials.token.expose_secret();
    let Some(owner) = token_owner(&app.db, token).await.map_err(AppError::from)? else {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "this token is not known; check it or make a new one with `telecine token create`",
        ));
    };
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, cookie::signed_in(&app, &new_session_of(&app, &owner)))],
    )
        .into_response())
}
