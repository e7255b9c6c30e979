//! Images: uploaded straight to storage, or taken from a video at a second; jobs make their variants.

mod arrive;
mod made;
mod open;
mod origin;
mod serve;

use telecine_db::images::{self as rows, Again, Image, Selection};
use telecine_db::{Tx, jobs};
use telecine_image::{MAX_SIDE, Variant, Wish};
use telecine_model::{ImageId, ImageStatus};

use crate::jobs::{DeleteOwned, ProcessImage};
use crate::{App, AppError};

pub use arrive::complete;
pub(crate) use arrive::look;
use made::is_twin;
pub(crate) use made::with_twins;
pub use made::{Made, MadeVariant};
pub use open::{Announcement, Opened, open, sign_again};
pub(crate) use origin::{FromVideo, Origin, frame_of, insert_taken};
pub use origin::{NewThumbnail, take};
pub use serve::{Accepted, Served, address_of, serve, url_of};

/// Images on one page, at most.
pub const MAX_PAGE: u64 = 100;
/// Variants of one image that people may ask for; each has a twin for programs that read no WebP.
const MAX_VARIANTS: usize = telecine_image::MAX_VARIANTS / 2;

/// One page of images.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub images: Vec<Image>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<ImageId>,
}

/// The image with this id.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find(app: &App, id: ImageId) -> Result<Image, AppError> {
    rows::find(app.db.read(), id).await?.ok_or(AppError::NotFound { what: "image" })
}

/// The image that another program knows under this id.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find_external(app: &App, external_id: &str) -> Result<Image, AppError> {
    rows::find_external(app.db.read(), external_id).await?.ok_or(AppError::NotFound { what: "image" })
}

/// Up to `limit` images (1 to 100) of the selection.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_limit`.
pub async fn page(app: &App, selection: &Selection, limit: u64) -> Result<Page, AppError> {
    let (images, has_more) =
        crate::page_of(limit, MAX_PAGE, async |limit| rows::page(app.db.read(), selection, limit).await)
            .await?;
    let next = has_more.then(|| images.last().map(|image| image.id)).flatten();
    Ok(Page { images, next })
}

/// Adds variants to an image, or others under the names they have; all of them are made anew, beside what there is.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_variants`; [`AppError::NotFound`]; [`AppError::Conflict`] with `not_uploaded_yet` or
/// `source_deleted`.
pub async fn add_variants(app: &App, id: ImageId, variants: Vec<Variant>) -> Result<Image, AppError> {
    let image = find(app, id).await?;
    if image.status == ImageStatus::PendingUpload {
        let sentence = "the image is still being uploaded; ask for variants when that has ended, or as you open the upload";
        return Err(AppError::conflict("not_uploaded_yet", sentence));
    }
    let mut wanted = wish_of(&image.wish)?;
    for variant in variants {
        match wanted.iter_mut().find(|known| known.name == variant.name) {
            Some(known) => *known = variant,
            None => wanted.push(variant),
        }
    }
    let wish = check_variants(&wanted)?;
    let tx = app.db.begin().await?;
    make_again(app, &tx, id, Again { wish: Some(wish), origin: None }).await?;
    tx.commit().await?;
    find(app, id).await
}

/// Has the image made once more; `false` when there is none, or its upload is open.
pub(crate) async fn make_again(app: &App, tx: &Tx, id: ImageId, again: Again) -> Result<bool, AppError> {
    if !rows::mark_processing_again(tx, id, again, app.clock.now_ms()).await? {
        return Ok(false);
    }
    let image = rows::find(tx.conn(), id).await?.ok_or(AppError::NotFound { what: "image" })?;
    telecine_queue::add(tx, &*app.clock, &ProcessImage::of(&image)).await?;
    Ok(true)
}

/// Deletes the image: it is gone for everybody at once; a job removes its objects and rows.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn delete(app: &App, id: ImageId) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    // Jobs before rows, as workers do: two transactions that lock in different orders would stop each other.
    jobs::cancel_by_subject(&tx, &id.to_string()).await?;
    let image = rows::find(tx.conn(), id).await?.ok_or(AppError::NotFound { what: "image" })?;
    rows::mark_deleted(&tx, id, app.clock.now_ms()).await?;
    telecine_queue::add(&tx, &*app.clock, &DeleteOwned::of(id.into(), image.expires_at)).await?;
    Ok(tx.commit().await?)
}

/// The variants that every image gets, unless others are asked for.
#[must_use]
pub fn usual_variants() -> Vec<Variant> {
    Wish::default().variants
}

/// The same as they are stored.
pub(crate) fn usual_wish() -> Result<String, AppError> {
    check_variants(&usual_variants())
}

/// Variants as they are stored.
fn check_variants(variants: &[Variant]) -> Result<String, AppError> {
    if variants.len() > MAX_VARIANTS {
        let sentence = format!("an image has at most {MAX_VARIANTS} variants");
        return Err(AppError::invalid("invalid_variants", sentence));
    }
    if let Some(variant) = variants.iter().find(|variant| is_twin(&variant.name)) {
        let sentence =
            format!("a variant cannot be named {:?}: that is the JPEG of another one", variant.name);
        return Err(AppError::invalid("invalid_variants", sentence));
    }
    let wish = Wish { variants: with_twins(variants.to_vec()), ..Wish::default() };
    wish.check().map_err(|error| {
        let sentence =
            format!("{error}; a variant has a name, a width and a height of 1 to {MAX_SIDE} pixels");
        AppError::invalid("invalid_variants", sentence)
    })?;
    serde_json::to_string(variants).map_err(|error| unreadable(&error))
}

/// Variants as they were stored.
pub(crate) fn wish_of(stored: &str) -> Result<Vec<Variant>, AppError> {
    serde_json::from_str(stored).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> AppError {
    AppError::Unreadable { document: "wish of an image", reason: error.to_string() }
}
