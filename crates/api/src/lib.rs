//! The HTTP face of Telecine: JSON under `/api/v1`, signed playlists under `/play`, and the embedded pages.
//!
//! No media byte passes through here: uploads go to presigned addresses, and playlists name presigned addresses.
//! Every route is closed until it is opened: [`Api::serve`] puts all but the few routes of `routes::open` behind
//! the check for a token or a session.

mod access;
mod config;
mod cookie;
mod cors;
mod counting;
mod extract;
mod headers;
mod health_config;
mod health_server;
mod openapi;
mod page;
mod pages;
mod problem;
mod queue_state;
mod router;
mod routes;
mod serve;

pub use config::ApiConfig;
pub use health_config::{HealthConfig, MetricsConfig};
pub use health_server::serve_health;
pub use openapi::document as openapi_document;
pub use routes::{
    AttemptBody, ChildBody, JobBody, JobFailureBody, JobSummary, LogLineBody, QueueBody, ScheduleBody,
};
pub use serve::Api;
