//! The one door from "the image is in storage" to "its variants are made".

use telecine_db::images::{self as rows, Image};
use telecine_db::jobs;
use telecine_db::objects::{self, Object};
use telecine_model::{ImageId, ImageStatus, key};
use telecine_storage::ObjectInfo;

use super::find;
use crate::jobs::{ExpireImage, ProcessImage};
use crate::{App, AppError};

/// Completes the upload and starts making variants. Completing it again gives the same answer.
///
/// # Errors
/// [`AppError::Conflict`] with `object_missing` or `size_mismatch`; the upload stays open. [`AppError::NotFound`].
pub async fn complete(app: &App, id: ImageId) -> Result<Image, AppError> {
    let image = find(app, id).await?;
    if image.status != ImageStatus::PendingUpload {
        return Ok(image);
    }
    match app.store.head(&key::image_source(id)).await? {
        None => {
            let message = "the image is not in storage yet; send it to the address of the upload first";
            Err(AppError::conflict("object_missing", message))
        }
        Some(object) if object.size != image.size => {
            let message = format!(
                "{} bytes have arrived and {} were announced; send the whole file again",
                object.size, image.size
            );
            Err(AppError::conflict("size_mismatch", message))
        }
        Some(object) => {
            arrived(app, &image, &object).await?;
            find(app, id).await
        }
    }
}

/// Looks whether the image is in storage, when nobody or only a hint says so; if so, its variants are made.
pub(crate) async fn look(app: &App, id: ImageId) -> Result<bool, AppError> {
    match complete(app, id).await {
        Ok(_) => Ok(true),
        Err(AppError::Conflict { .. } | AppError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn arrived(app: &App, image: &Image, object: &ObjectInfo) -> Result<(), AppError> {
    let (tx, now) = (app.db.begin().await?, app.clock.now_ms());
    // Jobs before rows, as workers do: two transactions that lock in different orders would stop each other.
    jobs::remove_waiting(&tx, &ExpireImage::id_of(image.id)).await?;
    if rows::mark_processing(&tx, image.id, &object.etag, now).await? {
        telecine_queue::add(&tx, &*app.clock, &ProcessImage::of(image)).await?;
        let source = Object {
            key: object.key.clone(),
            owner: image.id.into(),
            generation: 0,
            size: object.size,
            checksum: image.sha256.clone(),
            created_at: now,
        };
        objects::record(&tx, &source).await?;
        tx.commit().await?;
    }
    Ok(())
}
