//! The check in front of every closed route: a bearer token, or a session cookie of a page of our own; for uploads also an
//! upload token.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use telecine_app::access::{Owner, session_owner, token_owner, upload_token_owner};
use telecine_app::{App, AppError, uploads};

use crate::cookie;
use crate::problem::Problem;

/// Where browsers sign in and out.
const SESSION: &str = "/api/v1/session";

/// Lets the request pass when it carries a token or a session, and tells the route whose it is.
pub(crate) async fn require(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match check(&app, request.method(), request.headers()).await {
        Ok(owner) if !owner.may_change() && changes(&request) => Problem::read_only().into_response(),
        Ok(owner) => {
            request.extensions_mut().insert(owner);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// The same for the routes of uploads, where an upload token opens what its owner has begun, and nothing else.
pub(crate) async fn require_for_uploads(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match check_upload_token(&app, &mut parts).await {
        Ok(Some(owner)) => {
            parts.extensions.insert(owner);
            next.run(Request::from_parts(parts, body)).await
        }
        Ok(None) => require(State(app), Request::from_parts(parts, body), next).await,
        Err(problem) => problem.into_response(),
    }
}

/// For whom the upload token of the request acts; `None` when there is none that is good.
async fn check_upload_token(app: &App, parts: &mut Parts) -> Result<Option<Owner>, Problem> {
    let Some(token) = bearer_token(&parts.headers) else { return Ok(None) };
    let owner = upload_token_owner(app, token).await.map_err(AppError::from)?;
    let Some(owner) = owner else { return Ok(None) };
    // Each of these routes names one upload or none.
    let not_found = || AppError::NotFound { what: "upload" };
    let names = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| not_found())?;
    if let Some((_, id)) = names.iter().next() {
        uploads::find_of_owner(app, &owner, id.parse().map_err(|_| not_found())?).await?;
    }
    Ok(Some(owner))
}

/// Whether the request wants to change something; signing out is for everybody.
fn changes(request: &Request) -> bool {
    let is_sign_out = request.method() == Method::DELETE && request.uri().path() == SESSION;
    !request.method().is_safe() && !is_sign_out
}

async fn check(app: &App, method: &Method, headers: &HeaderMap) -> Result<Owner, Problem> {
    // Another scheme is for a proxy in front of us.
    if let Some(token) = bearer_token(headers) {
        let owner = token_owner(&app.db, token).await.map_err(AppError::from)?;
        return owner.ok_or_else(Problem::unauthorized);
    }
    let session = cookie::session(headers).ok_or_else(Problem::unauthorized)?;
    let owner = session_owner(app, session).await.map_err(AppError::from)?;
    let owner = owner.ok_or_else(Problem::unauthorized)?;
    if !method.is_safe() {
        same_origin(app, headers)?;
    }
    Ok(owner)
}

/// Refuses a request that changes something unless a page of this server sent it: a browser adds the cookie to other
/// sites' requests in some cases, but it always tells the origin.
pub(crate) fn same_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN);
    let is_public_url = origin == Some(app.public_url.origin().ascii_serialization().as_str());
    let is_host = origin.zip(text(header::HOST)).is_some_and(|(origin, host)| {
        origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) == Some(host)
    });
    if is_public_url || is_host {
        return Ok(());
    }
    let detail = "this request came from another site; scripts use Authorization: Bearer TOKEN";
    Err(Problem::new(StatusCode::FORBIDDEN, "cross_site_request", detail))
}

/// The token of `Authorization: Bearer TOKEN`.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
