//! What a video needs of its objects.

use telecine_db::videos::Standing;
use telecine_db::{captions, jobs, videos};
use telecine_model::{VideoId, VideoStatus, key};

use super::Reconciler;
use super::owner::{Need, Needs};
use crate::AppError;
use crate::jobs::{DeleteCaptions, DeleteVideo, ExpireUpload};

/// What is known of a video beside its objects.
struct State {
    standing: Option<Standing>,
    /// Whether a job writes or removes objects of it, or will.
    is_worked_on: bool,
    /// Keys of the files that its captions are in.
    captions: Vec<String>,
}

impl Reconciler<'_> {
    pub(super) async fn needs_of_video(self, video: VideoId, keys: &[&str]) -> Result<Needs, AppError> {
        let state = self.state_of(video).await?;
        let mut needs = Needs::new();
        for key in keys {
            let need = match need_of(key, &state) {
                Need::Unneeded if self.has_captions_in_transit(key).await? => Need::InTransit,
                need => need,
            };
            needs.insert((*key).to_owned(), need);
        }
        Ok(needs)
    }

    /// A file of captions that is on its way in or out has a job that looks after it.
    async fn has_captions_in_transit(self, key: &str) -> Result<bool, AppError> {
        Ok(key::captions_file(key).is_some()
            && jobs::any_pending(self.db.read(), key, &DeleteCaptions::ids_of(key)).await?)
    }

    async fn state_of(self, video: VideoId) -> Result<State, AppError> {
        let ids = [DeleteVideo::id_of(video), ExpireUpload::id_of(video)];
        // Jobs first: one that ends between the two looks has changed the row before it ended.
        let is_worked_on = jobs::any_pending(self.db.read(), &video.to_string(), &ids).await?;
        let captions = captions::of_video(self.db.read(), video).await?;
        let captions = captions.into_iter().map(|captions| captions.object_key).collect();
        Ok(State { standing: videos::standing(self.db.read(), video).await?, is_worked_on, captions })
    }
}

fn need_of(key: &str, state: &State) -> Need {
    let Some(standing) = state.standing else {
        return if state.is_worked_on { Need::InTransit } else { Need::Unneeded };
    };
    let generation = key::generation_of(key);
    let is_needed = match generation {
        _ if standing.is_deleted => false,
        None if key::captions_file(key).is_some() => state.captions.iter().any(|named| named == key),
        None => standing.status != VideoStatus::PendingUpload && standing.has_source,
        // While it is being made its objects come one by one, also when viewers have it already.
        Some(generation) => {
            let is_whole = standing.status != VideoStatus::Processing || standing.live_generation.is_some();
            standing.published_generation == Some(generation) && is_whole
        }
    };
    // The client puts the source of an open upload whenever it likes.
    let may_arrive = standing.status == VideoStatus::PendingUpload && !standing.is_deleted;
    match is_needed {
        true => Need::Needed,
        false if state.is_worked_on || may_arrive => Need::InTransit,
        false => Need::Unneeded,
    }
}

#[cfg(test)]
mod tests {
    use telecine_model::CaptionsId;

    use super::*;

    fn state(status: VideoStatus, published_generation: Option<i64>) -> State {
        let (live_generation, has_source) = (None, true);
        let standing =
            Standing { status, published_generation, live_generation, has_source, is_deleted: false };
        State { standing: Some(standing), is_worked_on: false, captions: Vec::new() }
    }

    #[test]
    fn only_the_source_and_the_published_generation_are_needed() {
        let ready = state(VideoStatus::Ready, Some(2));
        let video = VideoId::generate();
        let key = |generation| format!("{}a.mp4", key::generation_prefix(video, generation));
        assert_eq!(need_of(&key::source(video), &ready), Need::Needed);
        let without = ready.standing.map(|standing| Standing { has_source: false, ..standing });
        let without = State { standing: without, is_worked_on: false, captions: Vec::new() };
        assert_eq!(need_of(&key::source(video), &without), Need::Unneeded);
        assert_eq!(need_of(&key(2), &ready), Need::Needed);
        assert_eq!(need_of(&key(1), &ready), Need::Unneeded);
        assert_eq!(need_of(&key(3), &state(VideoStatus::Failed, None)), Need::Unneeded);
    }

    #[test]
    fn a_file_of_captions_is_needed_while_captions_are_in_it() {
        let video = VideoId::generate();
        let key = || key::captions(video, "en", CaptionsId::generate());
        let (named, replaced) = (key(), key());
        let ready = State { captions: vec![named.clone()], ..state(VideoStatus::Ready, Some(2)) };
        assert_eq!((need_of(&named, &ready), need_of(&replaced, &ready)), (Need::Needed, Need::Unneeded));
    }

    #[test]
    fn what_somebody_works_on_is_neither_needed_nor_an_orphan() {
        let video = VideoId::generate();
        let source = key::source(video);
        assert_eq!(need_of(&source, &state(VideoStatus::PendingUpload, None)), Need::InTransit);
        let generation = key::generation_prefix(video, 1);
        let processing = State { is_worked_on: true, ..state(VideoStatus::Processing, None) };
        assert_eq!(need_of(&generation, &processing), Need::InTransit);
        let mut again = State { is_worked_on: true, ..state(VideoStatus::Processing, Some(1)) };
        again.standing = again.standing.map(|standing| Standing { live_generation: Some(1), ..standing });
        assert_eq!(need_of(&generation, &again), Need::Needed, "what viewers keep");
        assert_eq!(need_of(&key::generation_prefix(video, 2), &again), Need::InTransit);
        let gone = State { standing: None, is_worked_on: true, captions: Vec::new() };
        assert_eq!(need_of(&source, &gone), Need::InTransit);
        assert_eq!(need_of(&source, &State { is_worked_on: false, ..gone }), Need::Unneeded);
    }
}
