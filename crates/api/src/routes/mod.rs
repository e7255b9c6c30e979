//! The routes, one folder a resource and one file a verb.

mod cache_assets;
mod captions;
mod events;
mod health;
mod images;
mod jobs;
mod metrics;
mod movies;
mod openapi_json;
mod play;
mod queues;
mod schedules;
mod session;
mod sign_in;
mod storage_events;
mod system;
mod tokens;
mod upload_queue;
mod upload_tokens;
mod uploads;
mod uppy;
mod videos;
mod watch;
mod watermark;

use std::sync::Arc;

use telecine_app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::queue_state::QueueState;
pub use jobs::{AttemptBody, ChildBody, JobBody, JobFailureBody, JobSummary, LogLineBody};
pub use queues::QueueBody;
pub use schedules::ScheduleBody;

/// The routes that need no token. Each says why.
pub(crate) fn open() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        // The description is the same in every deployment.
        .routes(routes!(openapi_json::openapi_json))
        // These two check a token or a signed code themselves.
        .routes(routes!(session::create::create))
        .routes(routes!(sign_in::sign_in))
        // Storage shows a token of its own, or a signature of AWS.
        .routes(routes!(storage_events::create::create))
        // The address carries a signed token of its own, because players send no headers.
        .routes(routes!(play::play))
        // These show videos that are not private, or ask for the token of such an address.
        .routes(routes!(watch::read::read))
        .routes(routes!(watch::page::page))
        .routes(routes!(watch::embed::embed))
        .routes(routes!(watch::poster::poster))
        .routes(routes!(watch::oembed::oembed))
        // Whoever has the address of an image may see it, as with pictures on any page.
        .routes(routes!(images::serve::serve))
        // So do these, because Uppy sends no headers of ours.
        .routes(routes!(uppy::params::params))
        .routes(routes!(uppy::create::create))
        .routes(routes!(uppy::parts::parts, uppy::abort::abort))
        .routes(routes!(uppy::batch::batch))
        .routes(routes!(uppy::part::part))
        .routes(routes!(uppy::complete::complete))
}

/// The health of this process. Load balancers ask without a token; it tells that the server is alive, and its version.
pub(crate) fn health() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(health::summary::summary))
        .routes(routes!(health::live::live))
        .routes(routes!(health::ready::ready))
}

/// The numbers of this process: closed in the API unless the settings open them, open on a port of their own.
pub(crate) fn metrics() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(metrics::read::read)).routes(routes!(metrics::prometheus::prometheus))
}

/// What an uploader needs: open to upload tokens too, which browsers of people without access get.
pub(crate) fn for_uploads() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(uploads::create::create))
        .routes(routes!(uploads::limits::limits))
        .routes(routes!(uploads::read::read, uploads::delete::delete))
        .routes(routes!(uploads::parts::parts))
        .routes(routes!(uploads::complete::complete))
        .routes(routes!(uploads::status::status))
}

/// Everything else: a token or a session is needed.
pub(crate) fn closed() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(events::stream::stream))
        .routes(routes!(events::socket::socket))
        .routes(routes!(session::read::read, session::delete::delete))
        .routes(routes!(upload_tokens::upload_tokens))
        .routes(routes!(tokens::list::list, tokens::create::create))
        .routes(routes!(tokens::delete::delete))
        .routes(routes!(system::read::read))
        .routes(routes!(system::storage::storage))
        .routes(routes!(videos::list::list))
        .routes(routes!(videos::import::import))
        .routes(routes!(videos::read::read, videos::update::update, videos::delete::delete))
        .routes(routes!(videos::reprocess::reprocess))
        .routes(routes!(watermark::read::read, watermark::put::put, watermark::delete::delete))
        .routes(routes!(captions::list::list))
        .routes(routes!(captions::read::read, captions::put::put, captions::delete::delete))
        .routes(routes!(images::list::list, images::create::create))
        .routes(routes!(images::read::read, images::delete::delete))
        .routes(routes!(images::complete::complete))
        .routes(routes!(images::variants::variants))
        .routes(routes!(cache_assets::list::list, cache_assets::create::create))
        .routes(routes!(cache_assets::stats::stats))
        .routes(routes!(cache_assets::retry_failed::retry_failed))
        .routes(routes!(cache_assets::clean_up::clean_up))
        .routes(routes!(cache_assets::urls::urls))
        .routes(routes!(cache_assets::read::read, cache_assets::delete::delete))
        .routes(routes!(cache_assets::url::url))
        .routes(routes!(cache_assets::refresh::refresh))
        .routes(routes!(movies::list::list, movies::create::create))
        .routes(routes!(movies::read::read, movies::delete::delete))
        .routes(routes!(movies::import::import))
        .routes(routes!(movies::retry_failed::retry_failed))
}

/// Jobs and queues, as closed as everything else.
pub(crate) fn of_queues() -> OpenApiRouter<QueueState> {
    OpenApiRouter::new()
        .routes(routes!(queues::list::list))
        .routes(routes!(queues::read::read))
        .routes(routes!(queues::jobs::jobs, queues::clear::clear))
        .routes(routes!(queues::retry::retry))
        .routes(routes!(queues::pause::pause))
        .routes(routes!(queues::resume::resume))
        .routes(routes!(jobs::read::read, jobs::delete::delete))
        .routes(routes!(jobs::logs::logs))
        .routes(routes!(jobs::retry::retry))
        .routes(routes!(jobs::promote::promote))
        .routes(routes!(jobs::cancel::cancel))
        .routes(routes!(schedules::list::list))
        .routes(routes!(upload_queue::status::status))
}
