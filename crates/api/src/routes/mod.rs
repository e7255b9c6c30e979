//! The routes, one folder a resource and one file a verb.

mod health;
mod openapi_json;
mod play;
mod session;
mod sign_in;
mod uploads;
mod videos;

use std::sync::Arc;

use telecine_app::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes that need no token. Each says why.
pub(crate) fn open() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        // Load balancers ask without a token; it tells that the server is alive, and its version.
        .routes(routes!(health::health))
        // The description is the same in every deployment.
        .routes(routes!(openapi_json::openapi_json))
        // These two check a token or a signed code themselves.
        .routes(routes!(session::create::create))
        .routes(routes!(sign_in::sign_in))
        // The address carries a signed token of its own, because players send no headers.
        .routes(routes!(play::play))
}

/// Everything else: a token or a session is needed.
pub(crate) fn closed() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(session::read::read, session::delete::delete))
        .routes(routes!(uploads::create::create))
        .routes(routes!(uploads::read::read, uploads::delete::delete))
        .routes(routes!(uploads::parts::parts))
        .routes(routes!(uploads::complete::complete))
        .routes(routes!(uploads::status::status))
        .routes(routes!(videos::list::list))
        .routes(routes!(videos::read::read, videos::update::update, videos::delete::delete))
}
