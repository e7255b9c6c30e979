//! The OpenAPI description, made from the routes themselves.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};

use crate::router::described;

/// The description of every route, as served under `/openapi.json`.
#[must_use]
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Telecine")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Upload straight to object storage, processed into adaptive video. Errors are problem+json (RFC 9457) \
             with a stable `code`. Send `Authorization: Bearer TOKEN`.",
        ))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
        .build();
    let mut document = OpenApiBuilder::from(described())
        .info(info)
        .security(Some([SecurityRequirement::new("token", Vec::<String>::new())]))
        .build();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document.components.get_or_insert_default().add_security_scheme("token", bearer);
    document
}
