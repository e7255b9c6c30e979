//! Errors as clients see them: problem+json (RFC 9457), made in one place.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use telecine_app::AppError;
use telecine_queue::QueuesError;
use telecine_storage::StoreError;
use utoipa::ToSchema;

/// An error answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A URN that names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:telecine:problem:not_found")]
    kind: String,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// Which input, why, and what to do.
    detail: String,
    /// A stable code for programs.
    #[schema(example = "not_found")]
    code: &'static str,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:telecine:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
    }

    pub(crate) fn method_not_allowed() -> Self {
        let detail = "this address does not take this method; /openapi.json describes what it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    pub(crate) fn unauthorized() -> Self {
        let detail =
            "send a token as Authorization: Bearer TOKEN, or sign in; `telecine token create` makes one";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    pub(crate) fn read_only() -> Self {
        let detail = "this token may look at everything and change nothing; use one with the scope full";
        Self::new(StatusCode::FORBIDDEN, "read_only", detail)
    }

    /// Which input, why, and what to do.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Says nothing about the inside; the log does.
    pub(crate) fn internal() -> Self {
        let detail = "something went wrong inside the server; its log has the details";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound { .. } | AppError::NoSuchLink => {
                Self::new(StatusCode::NOT_FOUND, "not_found", error.to_string())
            }
            AppError::Invalid { code, message } => Self::new(status_of_invalid(code), code, message),
            AppError::Limited { code, message } => Self::new(StatusCode::TOO_MANY_REQUESTS, code, message),
            AppError::Conflict { code, message } => Self::new(StatusCode::CONFLICT, code, message),
            AppError::UploadExpired => Self::new(StatusCode::GONE, "upload_expired", error.to_string()),
            AppError::Store(error) => storage_problem(&error),
            AppError::StorageUnavailable => storage_unavailable(),
            AppError::Db(_) | AppError::Unreadable { .. } => {
                tracing::error!(%error, "a request failed");
                Self::internal()
            }
        }
    }
}

impl From<QueuesError> for Problem {
    fn from(error: QueuesError) -> Self {
        let (status, code) = match &error {
            QueuesError::NoSuchJob(_) => (StatusCode::NOT_FOUND, "not_found"),
            QueuesError::NoSuchQueue { .. } => (StatusCode::NOT_FOUND, "unknown_queue"),
            QueuesError::WrongState { .. } => (StatusCode::CONFLICT, "wrong_state"),
            QueuesError::Db(_) => {
                tracing::error!(%error, "a request about jobs failed");
                return Self::internal();
            }
            QueuesError::Redis(_) => {
                tracing::error!(%error, "a request about jobs failed");
                let detail =
                    "Redis did not do what was asked; try again, and if it stays so look at the server's log";
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, "redis_unavailable", detail);
            }
        };
        Self::new(status, code, error.to_string())
    }
}

fn status_of_invalid(code: &str) -> StatusCode {
    match code {
        "file_too_large" | "upload_too_large" | "captions_too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "unsupported_media_type" | "media_type_not_allowed" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn storage_problem(error: &StoreError) -> Problem {
    tracing::error!(%error, "object storage failed");
    storage_unavailable()
}

fn storage_unavailable() -> Problem {
    let detail =
        "object storage did not do what was asked; try again, and if it stays so run `telecine doctor`";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable", detail)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so the connection serves no further request.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"telecine\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
