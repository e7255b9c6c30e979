//! Opening the upload of an image: its row, and the address the client sends its bytes to.

use telecine_db::images::{self as rows, Image, NewImage};
use telecine_db::objects::{self, Object};
use telecine_image::{MAX_FILE_BYTES, Variant};
use telecine_model::{ImageId, ImageStatus, key};
use telecine_storage::PresignedRequest;

use super::{check_variants, find, usual_variants};
use crate::access::Owner;
use crate::jobs::ExpireImage;
use crate::uploads::{self, UploadsConfig};
use crate::{App, AppError};

/// A checked announcement of an image.
#[derive(Debug, Clone)]
pub struct Announcement {
    file: uploads::Announcement,
    /// As it is stored.
    wish: String,
}

/// An image and where its bytes go.
#[derive(Debug)]
pub struct Opened {
    /// The image.
    pub image: Image,
    /// Where the file goes; `None` when it has arrived.
    pub put: Option<PresignedRequest>,
}

impl Announcement {
    /// Checks what a client announces. Without variants, the image gets the usual ones.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the codes of an upload, or `invalid_variants`.
    pub fn check(
        filename: &str,
        size: i64,
        content_type: &str,
        title: Option<&str>,
        sha256: Option<&str>,
        variants: Option<Vec<Variant>>,
    ) -> Result<Self, AppError> {
        if u64::try_from(size).is_ok_and(|size| size > MAX_FILE_BYTES) {
            let sentence = format!(
                "the image has {size} bytes; at most {MAX_FILE_BYTES} are accepted: save a smaller version, and upload that"
            );
            return Err(AppError::invalid("upload_too_large", sentence));
        }
        let file = uploads::Announcement::check(&limits(), filename, size, content_type, title)?;
        let file = file.with_sha256(sha256)?;
        let wish = check_variants(&variants.unwrap_or_else(usual_variants))?;
        Ok(Self { file, wish })
    }
}

/// What is accepted as an image. Programs that do not know the type may say so: the bytes tell.
fn limits() -> UploadsConfig {
    let types = ["image/*", "application/octet-stream"];
    UploadsConfig {
        max_size_bytes: MAX_FILE_BYTES,
        allowed_types: types.iter().filter_map(|text| text.parse().ok()).collect(),
        ..UploadsConfig::default()
    }
}

/// Opens an upload for the announced image.
///
/// # Errors
/// [`AppError::Limited`] with `too_many_uploads`; [`AppError::Store`] or [`AppError::Db`].
pub async fn open(app: &App, owner: &Owner, announced: Announcement) -> Result<Opened, AppError> {
    let Announcement { file, wish } = announced;
    let (id, now) = (ImageId::generate(), app.clock.now_ms());
    let expires_at = (app.clock.now() + app.uploads.idle_life()).as_millisecond();
    let new = NewImage {
        id,
        external_id: None,
        title: file.title,
        status: ImageStatus::PendingUpload,
        origin: None,
        wish,
        content_type: file.content_type,
        size: file.size,
        sha256: file.sha256.clone(),
        upload_owner: owner.token_hash().map(str::to_owned),
        expires_at: Some(expires_at),
    };
    let tx = app.db.begin().await?;
    telecine_db::uploads::lock_owner(&tx, owner.token_hash()).await?;
    let open = rows::open_of_owner(&tx, owner.token_hash(), now).await?;
    if open >= app.uploads.max_open_sessions {
        let message = format!(
            "{open} uploads of images are open, as many as one token may have; complete or delete some"
        );
        return Err(AppError::limited("too_many_uploads", message));
    }
    rows::insert(&tx, &new, now).await?;
    // The client puts the object, so it is written down before the client is told where.
    let source = Object {
        key: key::image_source(id),
        owner: id.into(),
        generation: 0,
        size: file.size,
        checksum: file.sha256,
        created_at: now,
    };
    objects::record(&tx, &source).await?;
    telecine_queue::add_at(&tx, &*app.clock, &ExpireImage::of(id), expires_at).await?;
    tx.commit().await?;
    let image = find(app, id).await?;
    let put = presigned_put(app, &image)?;
    Ok(Opened { image, put })
}

/// The image with a fresh address, which prolongs its upload; without one when it has arrived.
///
/// # Errors
/// [`AppError`].
pub async fn sign_again(app: &App, image: Image) -> Result<Opened, AppError> {
    let put = presigned_put(app, &image)?;
    if put.is_none() {
        return Ok(Opened { image, put });
    }
    let expires_at = (app.clock.now() + app.uploads.idle_life()).as_millisecond();
    let tx = app.db.begin().await?;
    let is_open = rows::extend(&tx, image.id, expires_at).await?;
    tx.commit().await?;
    let image = find(app, image.id).await?;
    Ok(Opened { image, put: put.filter(|_| is_open) })
}

fn presigned_put(app: &App, image: &Image) -> Result<Option<PresignedRequest>, AppError> {
    if image.status != ImageStatus::PendingUpload {
        return Ok(None);
    }
    let (source, life) = (key::image_source(image.id), app.uploads.address_life());
    Ok(Some(app.store.presign_put(&source, &image.content_type, image.size, life)?))
}
