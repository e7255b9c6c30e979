//! Handing images out: an address that can be kept leads on to storage or the CDN, and suits what the client reads.

use telecine_db::images::{self as rows, Image};
use telecine_image::Format;
use telecine_model::{ImageId, key};

use super::Made;
use super::made::MadeVariant;
use crate::{App, AppError};

/// What a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Whether that includes WebP.
    pub webp: bool,
}

/// Where a variant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Its address now; it lives for half an hour at least.
    pub url: String,
    /// Names these bytes.
    pub etag: String,
    /// Whether it is the same for everybody for good.
    pub is_public: bool,
}

impl Accepted {
    /// Reads an `Accept` header. Browsers name WebP among pictures; programs that say nothing about it, or only that they take
    /// anything, get what everything reads.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        let is_webp = |item: &str| {
            let mut parts = item.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("image/webp"));
            let refused = parts.any(|part| {
                let weight = part.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
                weight.is_some_and(|weight| weight <= 0.0)
            });
            is_named && !refused
        };
        Self { webp: header.split(',').any(|item| is_webp(item.trim())) }
    }
}

/// Where the variant of an image is, for a client that reads this.
///
/// # Errors
/// [`AppError::NotFound`], also while there are no variants yet.
pub async fn serve(app: &App, id: ImageId, name: &str, accepted: Accepted) -> Result<Served, AppError> {
    let not_found = || AppError::NotFound { what: "image" };
    let image = rows::find(app.db.read(), id).await?.ok_or_else(not_found)?;
    let made = Made::from_json(image.report.as_deref()).ok_or_else(not_found)?;
    let variant = made.named(name, accepted.webp).ok_or_else(not_found)?;
    let batch = image.batch.ok_or_else(not_found)?;
    let kind = if variant.format == Format::WebP { "webp" } else { "plain" };
    Ok(Served {
        url: url_of(app, &image, variant).await?,
        etag: format!("\"{batch}-{name}-{kind}\""),
        is_public: app.delivery.cdn_url.is_some(),
    })
}

/// The address of a variant in storage or at the CDN.
///
/// # Errors
/// [`AppError::Store`].
pub async fn url_of(app: &App, image: &Image, variant: &MadeVariant) -> Result<String, AppError> {
    let batch = image.batch.ok_or(AppError::NotFound { what: "image" })?;
    let key = key::image_variant(image.id, batch, &variant.file);
    Ok(app.urls.public(&key).await?.as_ref().to_owned())
}

/// The address of a variant that can be kept: it suits every client and leads to what there is at the time.
#[must_use]
pub fn address_of(app: &App, image: ImageId, variant: &str) -> String {
    format!("{}/images/{image}/{variant}", app.public_url.as_str().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_webp_gets_it() {
        let reads = |header: &str| Accepted::parse(header).webp;
        assert!(reads("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"));
        assert!(reads("IMAGE/WEBP;q=0.9"));
        for header in
            ["", "*/*", "image/*", "image/png,image/*;q=0.8,*/*;q=0.5", "image/webp;q=0", "image/webp2"]
        {
            assert!(!reads(header), "{header}");
        }
    }
}
