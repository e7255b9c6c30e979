//! Extractors whose refusals are problem+json.

use std::str::FromStr;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Query, Request};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use http::request::Parts;
use http::{StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A JSON body, in both directions.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match <axum::Json<T> as FromRequest<S>>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(refused_body(&rejection)),
        }
    }
}

/// No body at all is fine where one is optional; one without its media type is not overlooked.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let (head, body) = request.into_parts();
        let whole = Bytes::from_request(Request::from_parts(head.clone(), body), state).await;
        let bytes = whole.map_err(|rejection| refused_body(&rejection.into()))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let request = Request::from_parts(head, Body::from(bytes));
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], axum::Json(self.0)).into_response()
    }
}

fn refused_body(rejection: &JsonRejection) -> Problem {
    let status = rejection.status();
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(status, "unsupported_media_type", "send the body as Content-Type: application/json")
        }
        JsonRejection::JsonSyntaxError(_) => Problem::new(status, "invalid_json", rejection.body_text()),
        JsonRejection::JsonDataError(_) => Problem::new(status, "invalid_body", rejection.body_text()),
        _ if status == StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            status,
            "body_too_large",
            "the body is larger than 1 MB; media goes to storage, not here",
        ),
        _ => Problem::new(status, "invalid_body", "the body could not be read"),
    }
}

/// An id from the path; a text that is no id names nothing.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let unknown = |_| Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing with this id");
        text.parse().map(Self).map_err(unknown)
    }
}

/// Parameters from the query.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(refused_query(&rejection)),
        }
    }
}

fn refused_query(rejection: &QueryRejection) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_query", rejection.body_text())
}

/// A whole body, within a limit of its own: that of other routes is lower.
pub(crate) async fn whole(
    body: Body,
    max_bytes: usize,
    code: &'static str,
    sentence: &'static str,
) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut chunks) = (Vec::new(), body.into_data_stream());
    while let Some(chunk) = chunks.next().await {
        let unread = |_| Problem::new(StatusCode::BAD_REQUEST, "invalid_body", "the body could not be read");
        bytes.extend_from_slice(&chunk.map_err(unread)?);
        if bytes.len() > max_bytes {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, code, sentence));
        }
    }
    Ok(bytes)
}
