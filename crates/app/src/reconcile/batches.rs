//! What images, the media cache and movies need of their objects, which come in batches.

use telecine_db::{cache, images, jobs, movies};
use telecine_model::{BatchId, ImageId, ImageStatus, MovieId, key};

use super::Reconciler;
use super::owner::{Need, Needs};
use crate::AppError;
use crate::jobs::{DeleteBatch, DeleteOwned, ExpireImage};

impl Reconciler<'_> {
    pub(super) async fn needs_of_image(self, image: ImageId, keys: &[&str]) -> Result<Needs, AppError> {
        let ids = [DeleteOwned::id_of(image.into()), ExpireImage::id_of(image)];
        // Jobs first: one that ends between the two looks has changed the row before it ended.
        let is_worked_on = jobs::any_pending(self.db.read(), &image.to_string(), &ids).await?;
        let row = images::find_or_deleted(self.db.read(), image).await?.filter(|row| !row.is_deleted);
        let source = key::image_source(image);
        let is_needed = |key: &str| {
            row.as_ref().is_some_and(|row| {
                if key == source {
                    row.source_etag.is_some()
                } else {
                    row.batch.is_some() && key::batch_of(key) == row.batch
                }
            })
        };
        // The client puts the source of an open upload whenever it likes.
        let may_arrive = row.as_ref().is_some_and(|row| row.status == ImageStatus::PendingUpload);
        self.needs(keys, is_needed, is_worked_on || may_arrive).await
    }

    pub(super) async fn needs_of_cache(self, batch: BatchId, keys: &[&str]) -> Result<Needs, AppError> {
        let is_used = cache::find_object(self.db.read(), batch).await?.is_some();
        self.needs(keys, |_| is_used, false).await
    }

    pub(super) async fn needs_of_movie(self, movie: MovieId, keys: &[&str]) -> Result<Needs, AppError> {
        let ids = [DeleteOwned::id_of(movie.into())];
        let is_worked_on = jobs::any_pending(self.db.read(), &movie.to_string(), &ids).await?;
        let is_there = movies::find(self.db.read(), movie).await?.is_some();
        let episodes = if is_there { movies::episodes(self.db.read(), movie).await? } else { Vec::new() };
        let named: Vec<String> =
            episodes.into_iter().flat_map(|it| [it.thumbnail_key, it.preview_key]).flatten().collect();
        self.needs(keys, |key| named.iter().any(|it| it == key), is_worked_on).await
    }

    /// A batch that is on its way in or out has a job that looks after it.
    async fn needs(
        self,
        keys: &[&str],
        is_needed: impl Fn(&str) -> bool,
        is_worked_on: bool,
    ) -> Result<Needs, AppError> {
        let mut needs = Needs::new();
        for key in keys {
            let need = if is_needed(key) {
                Need::Needed
            } else if is_worked_on || self.is_batch_in_transit(key).await? {
                Need::InTransit
            } else {
                Need::Unneeded
            };
            needs.insert((*key).to_owned(), need);
        }
        Ok(needs)
    }

    async fn is_batch_in_transit(self, key: &str) -> Result<bool, AppError> {
        let Some(batch) = key::batch_of(key) else { return Ok(false) };
        Ok(jobs::any_pending(self.db.read(), key, &DeleteBatch::ids_of(batch)).await?)
    }
}
