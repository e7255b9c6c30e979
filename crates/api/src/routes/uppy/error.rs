//! Errors in Companion's form.

use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use telecine_app::AppError;
use utoipa::ToSchema;

use crate::problem::Problem;

/// A problem, told as Companion tells it.
#[derive(Debug)]
pub(crate) struct UppyError(Problem);

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UppyErrorBody {
    /// Which input, why, and what to do.
    #[schema(example = "s3: the link has expired; ask for a new upload token")]
    error: String,
    /// A stable code for programs.
    code: &'static str,
}

impl From<Problem> for UppyError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<AppError> for UppyError {
    fn from(error: AppError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for UppyError {
    fn into_response(self) -> Response {
        let body = UppyErrorBody { error: format!("s3: {}", self.0.detail()), code: self.0.code() };
        let mut response = self.0.into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = serde_json::to_vec(&body).unwrap_or_default().into();
        response
    }
}
