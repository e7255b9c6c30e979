//! The objects of one video against its lines of the ledger.

use std::collections::BTreeMap;

use telecine_db::objects::Object;
use telecine_db::videos::Standing;
use telecine_db::{captions, jobs, objects, videos};
use telecine_model::{VideoId, VideoStatus, key};
use telecine_storage::ObjectInfo;

use super::{Finding, FindingKind, Reconciler, Report};
use crate::AppError;
use crate::jobs::{DeleteCaptions, DeleteVideo, ExpireUpload};

/// What should be with the objects of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// They must be there.
    Needed,
    /// Nothing needs them.
    Unneeded,
    /// Somebody is writing or removing them.
    InTransit,
}

/// What is known of a video beside its objects.
struct State {
    standing: Option<Standing>,
    /// Whether a job writes or removes objects of it, or will.
    is_worked_on: bool,
    /// Keys of the files that its captions are in.
    captions: Vec<String>,
}

impl Reconciler<'_> {
    pub(super) async fn compare_video(
        self,
        video: VideoId,
        listed: Vec<ObjectInfo>,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let suspected = self.findings_of(video, listed).await?;
        if suspected.is_empty() {
            return Ok(());
        }
        // The list may have been old when the ledger was read: what has gone its way meanwhile is gone now.
        let listed = self.store.list(&key::video_prefix(video)).await?;
        for mut finding in self.findings_of(video, listed).await? {
            let is_known = suspected.iter().any(|it| (it.kind, &it.key) == (finding.kind, &finding.key));
            if is_known {
                if self.fix {
                    self.fix_object(video, &mut finding).await;
                }
                report.findings.push(finding);
            }
        }
        Ok(())
    }

    async fn findings_of(self, video: VideoId, listed: Vec<ObjectInfo>) -> Result<Vec<Finding>, AppError> {
        let recorded = objects::of_owner(self.db.read(), video).await?;
        let state = self.state_of(video).await?;
        let mut recorded: BTreeMap<String, Object> =
            recorded.into_iter().map(|object| (object.key.clone(), object)).collect();
        let found =
            listed.iter().filter_map(|object| compare_object(object, recorded.remove(&object.key), &state));
        let mut findings: Vec<Finding> = found.collect();
        findings.extend(recorded.values().filter_map(|object| compare_record(object, &state)));
        self.without_captions_in_transit(findings).await
    }

    /// A file of captions that is on its way in or out has a job that looks after it.
    async fn without_captions_in_transit(self, findings: Vec<Finding>) -> Result<Vec<Finding>, AppError> {
        let mut left = Vec::with_capacity(findings.len());
        for finding in findings {
            let is_unneeded = matches!(finding.kind, FindingKind::Orphan | FindingKind::StaleRecord);
            let is_in_transit = is_unneeded
                && key::captions_file(&finding.key).is_some()
                && jobs::any_pending(self.db.read(), &finding.key, &DeleteCaptions::ids_of(&finding.key))
                    .await?;
            if !is_in_transit {
                left.push(finding);
            }
        }
        Ok(left)
    }

    async fn state_of(self, video: VideoId) -> Result<State, AppError> {
        let ids = [DeleteVideo::id_of(video), ExpireUpload::id_of(video)];
        // Jobs first: one that ends between the two looks has changed the row before it ended.
        let is_worked_on = jobs::any_pending(self.db.read(), &video.to_string(), &ids).await?;
        let captions = captions::of_video(self.db.read(), video).await?;
        let captions = captions.into_iter().map(|captions| captions.object_key).collect();
        Ok(State { standing: videos::standing(self.db.read(), video).await?, is_worked_on, captions })
    }

    async fn fix_object(self, video: VideoId, finding: &mut Finding) {
        let fixed = match finding.kind {
            FindingKind::Orphan => self.remove(&finding.key).await,
            FindingKind::StaleRecord => self.strike(&finding.key).await,
            FindingKind::Unrecorded => self.record(video, finding).await,
            FindingKind::Missing | FindingKind::Mismatched | FindingKind::StaleUpload => return,
        };
        match fixed {
            Ok(()) => finding.fixed = true,
            Err(error) => finding.detail = format!("could not be fixed: {error}"),
        }
    }

    async fn remove(self, key: &str) -> Result<(), AppError> {
        self.store.delete(key).await?;
        self.strike(key).await
    }

    async fn strike(self, key: &str) -> Result<(), AppError> {
        let tx = self.db.begin().await?;
        objects::strike(&tx, key).await?;
        Ok(tx.commit().await?)
    }

    async fn record(self, video: VideoId, finding: &Finding) -> Result<(), AppError> {
        let object = Object {
            key: finding.key.clone(),
            owner: video,
            generation: key::generation_of(&finding.key).unwrap_or(0),
            size: finding.size,
            checksum: None,
            created_at: self.clock.now_ms(),
        };
        let tx = self.db.begin().await?;
        objects::record(&tx, &object).await?;
        Ok(tx.commit().await?)
    }
}

fn compare_object(object: &ObjectInfo, recorded: Option<Object>, state: &State) -> Option<Finding> {
    let finding = |kind, detail: &str| Some(Finding::new(kind, &object.key, object.size, detail));
    match (need_of(&object.key, state), recorded) {
        (Need::InTransit, _) => None,
        (Need::Unneeded, _) => finding(FindingKind::Orphan, "no video needs it"),
        (Need::Needed, None) => {
            finding(FindingKind::Unrecorded, "its video needs it, the ledger has no line for it")
        }
        (Need::Needed, Some(line)) if line.size != object.size => {
            let detail = format!("it should have {} bytes; upload the video again", line.size);
            finding(FindingKind::Mismatched, &detail)
        }
        (Need::Needed, Some(_)) => None,
    }
}

fn compare_record(line: &Object, state: &State) -> Option<Finding> {
    let finding = |kind, detail| Some(Finding::new(kind, &line.key, line.size, detail));
    match need_of(&line.key, state) {
        Need::InTransit => None,
        Need::Unneeded => {
            finding(FindingKind::StaleRecord, "neither storage has it nor does a video need it")
        }
        Need::Needed => finding(FindingKind::Missing, "storage has lost it; upload the video again"),
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
