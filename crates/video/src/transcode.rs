//! The run: one encoder, one reader per rendition, then pictures, download file, verification, package.

mod assemble;
mod encode;
mod mp4;
mod pictures;
mod progress;
mod rendition;
mod resume;
mod scratch;
mod segmenter;
mod splitter;
mod store;
mod subtitles;
mod verify;

use std::path::Path;
use std::time::Duration;

use telecine_process::Limits;
use tokio_util::sync::CancellationToken;

use crate::command::WATERMARK_FILE;
use crate::config::Tools;
use crate::error::VideoError;
use crate::package::{Package, Rendition};
use crate::plan::{Chunk, Pass, Pictures, Plan};
use crate::sink::Sink;

use encode::{Encoded, Start};

pub use encode::SOURCE_FOLDER;
pub(crate) use scratch::Scratch;

/// Time every run may take, however short the video.
const BASE_SECONDS: f64 = 600.0;

/// Time a run may take per second of video. Measured: 1080p at preset `faster` takes 3 s of processor time, 2160p 15 s;
/// the slow presets and slow machines have the rest.
const SECONDS_PER_MEDIA_SECOND: f64 = 100.0;

/// Share of the progress that the first of two passes is: measured, a lowest rung takes an eighth of the time of a ladder.
const FIRST_PASS_SHARE: f64 = 0.1;

/// Bytes of the largest file ffmpeg may write while encoding, which are pictures; renditions go through pipes.
const MAX_PICTURE_BYTES: u64 = 64 * 1024 * 1024;

/// One transcoding: what it needs, by name.
pub struct Transcode<'a> {
    /// The programs and their limits.
    pub tools: &'a Tools,
    /// The uploaded file, already inspected and probed.
    pub input: &'a Path,
    /// A directory with room for the rungs that are offered for download; everything in it is removed at the end.
    pub scratch_dir: &'a Path,
    /// What to make.
    pub plan: &'a Plan,
    /// Where results go as they are made.
    pub sink: &'a dyn Sink,
    /// What earlier runs have stored of the same plan, as they told the sink: it is not made again.
    pub stored: &'a [Rendition],
    /// Put into the names of new segments: what a run that was given up still has under way must not take the place of
    /// what this one stores. Empty for the first run.
    pub mark: &'a str,
    /// Told the finished share, 0 to 1, never falling.
    pub progress: &'a (dyn Fn(f64) + Send + Sync),
    /// Ends the run early.
    pub cancel: &'a CancellationToken,
}

impl Transcode<'_> {
    /// Makes all outputs, hands them to the sink and verifies them. Everything in the returned package has been
    /// stored; the playlists have not, because they are rendered from it.
    ///
    /// # Errors
    /// See [`VideoError`]; its code says whether another try can help. Objects already stored stay in the sink.
    pub async fn run(&self) -> Result<Package, VideoError> {
        let scratch = self.scratch()?;
        let encoded = self.encode(&scratch).await?;
        let mut warnings = verify::check(self.plan, &encoded)?;
        let pictures = pictures::store(self, &scratch, &encoded).await?;
        let mp4 = mp4::store(self, &scratch, &encoded).await?;
        if self.plan.audio.is_some() && encoded.audio.is_none() {
            warnings.push(crate::package::Warning::AudioEmpty);
        }
        let package = assemble::package(encoded, pictures, mp4, warnings);
        let subtitles = subtitles::store(self, &scratch, package.duration).await?;
        (self.progress)(1.0);
        Ok(Package { subtitles, source: Some(self.plan.source.clone()), ..package })
    }

    /// Makes only what can be played soonest, and hands it to the sink. `false` when the pictures cannot be copied after all;
    /// the plan is to be made [without a copy](Plan::without_copy) then.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn run_first_pass(&self) -> Result<bool, VideoError> {
        let scratch = self.scratch()?;
        let Some(first) = self.plan.passes().into_iter().next() else { return Ok(true) };
        let progress = |done: f64| (self.progress)(FIRST_PASS_SHARE * done);
        match self.make(&first, &scratch, &progress).await {
            Err(error) if is_no_copy(&first, &error) => {
                self.drop_copy(&error).await?;
                Ok(false)
            }
            made => made.map(|_| true),
        }
    }

    /// Makes only the rungs of one [chunk](Plan::split), and hands them to the sink, which is told of them as of renditions
    /// that begin with the chunk; so are those in [`stored`](Self::stored).
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn run_chunk(&self, chunk: Chunk) -> Result<(), VideoError> {
        let scratch = self.scratch()?;
        let (Some(video), Some(pass)) = (&self.plan.video, self.plan.pass_of_chunks()) else { return Ok(()) };
        let Some(start) = resume::start_of_chunk(self, &pass, &scratch, video, chunk) else { return Ok(()) };
        let (from, to) = (video.seek(chunk.from).seconds, chunk.to.map(|to| video.seek(to).seconds));
        let to = to.or(video.duration).unwrap_or(f64::INFINITY);
        // Readers count from the start of the video.
        let progress = |done: f64| (self.progress)(((done * to - from) / (to - from)).clamp(0.0, 1.0));
        let made = encode::encode(self, &pass, &scratch, &progress, &start).await?;
        verify::check_chunk(video, chunk, &made)
    }

    fn scratch(&self) -> Result<Scratch, VideoError> {
        let mut scratch = Scratch::with_input(self.scratch_dir, self.input)?;
        if let Some(watermark) = &self.plan.watermark {
            scratch.add(&watermark.image, WATERMARK_FILE)?;
        }
        Ok(scratch)
    }

    /// All passes, each with its share of the progress.
    async fn encode(&self, scratch: &Scratch) -> Result<Encoded, VideoError> {
        let passes = self.plan.passes();
        let first_share = if passes.len() > 1 { FIRST_PASS_SHARE } else { 1.0 };
        let shares = [(0.0, first_share), (first_share, 1.0 - first_share)];
        let mut encoded = Encoded::default();
        for (pass, (from, share)) in passes.iter().zip(shares) {
            let progress = |done: f64| (self.progress)(share.mul_add(done, from));
            match self.make(pass, scratch, &progress).await {
                Err(error) if is_no_copy(pass, &error) => {
                    self.drop_copy(&error).await?;
                    let plan = self.plan.without_copy();
                    return Box::pin(Transcode { plan: &plan, ..*self }.encode(scratch)).await;
                }
                made => encoded.add(made?),
            }
        }
        Ok(encoded)
    }

    async fn drop_copy(&self, error: &VideoError) -> Result<(), VideoError> {
        tracing::info!(%error, "the pictures cannot be copied after all");
        Ok(self.sink.dropped(SOURCE_FOLDER).await?)
    }

    /// One pass, as far as it is not stored already.
    async fn make(
        &self,
        pass: &Pass,
        scratch: &Scratch,
        progress: &(dyn Fn(f64) + Send + Sync),
    ) -> Result<Encoded, VideoError> {
        let start = resume::start(self, pass, scratch);
        let made = match &start {
            Start::Whole(encoded) => {
                progress(1.0);
                Ok(Encoded::clone(encoded))
            }
            _ => self.encode_pass(pass, scratch, progress, &start).await,
        };
        let encoded = match made {
            Err(error) if start.goes_on() && is_of_output(&error) && !is_no_copy(pass, &error) => {
                tracing::info!(%error, "what an earlier run has left does not fit, it is made again");
                self.forget(pass, scratch).await?;
                return self.encode_pass(pass, scratch, progress, &Start::Fresh).await;
            }
            made => made?,
        };
        if !start.has_skipped() || !(pass.stills || pass.subtitles) {
            return Ok(encoded);
        }
        // Stills and words are taken of the whole film, and what was skipped has none.
        let pictures = if pass.stills { pass.pictures.clone() } else { Pictures::Rungs(0..0) };
        let rest = Pass { pictures, encodes: false, sound: false, ..pass.clone() };
        let taken = self.encode_pass(&rest, scratch, &|_| {}, &Start::Fresh).await?;
        Ok(Encoded { has_errors: encoded.has_errors || taken.has_errors, ..encoded })
    }

    /// Words that ffmpeg cannot make anything of are given up, not the video.
    async fn encode_pass(
        &self,
        pass: &Pass,
        scratch: &Scratch,
        progress: &(dyn Fn(f64) + Send + Sync),
        start: &Start,
    ) -> Result<Encoded, VideoError> {
        match encode::encode(self, pass, scratch, progress, start).await {
            Err(error) if pass.subtitles && !start.goes_on() && is_of_output(&error) => {
                tracing::info!(%error, "the pass is made again without the words of the file");
                let pass = Pass { subtitles: false, ..pass.clone() };
                // What has been told of the progress stays.
                encode::encode(self, &pass, scratch, &|_| {}, start).await
            }
            made => made,
        }
    }

    async fn forget(&self, pass: &Pass, scratch: &Scratch) -> Result<(), VideoError> {
        for spec in encode::specs(self.plan, pass, scratch) {
            self.sink.dropped(&spec.folder).await?;
        }
        Ok(())
    }

    fn limits(&self, file_size_bytes: u64) -> Limits {
        limits(self.tools, self.plan, file_size_bytes)
    }
}

/// Whether this is how copying ends when the source is not what its index says.
fn is_no_copy(pass: &Pass, error: &VideoError) -> bool {
    is_of_output(error) && pass.pictures == Pictures::Copied
}

/// Whether another way of making the same might end better.
fn is_of_output(error: &VideoError) -> bool {
    matches!(error, VideoError::OutputInvalid { .. } | VideoError::Corrupt { .. })
}

/// Limits of a run over media of the planned length.
fn limits(tools: &Tools, plan: &Plan, file_size_bytes: u64) -> Limits {
    let longest = f64::from(tools.max_duration_seconds);
    let media_seconds = plan.file_duration.unwrap_or(longest).min(longest);
    let budget = Duration::from_secs_f64(BASE_SECONDS + SECONDS_PER_MEDIA_SECOND * media_seconds);
    let wall = budget.min(tools.max_run);
    Limits {
        wall: Some(wall),
        silence: Some(tools.silence_timeout),
        // Counted over all threads: as much as the cores can give within the wall limit, rounded up.
        cpu_seconds: Some((wall.as_secs() + 1).saturating_mul(tools.cores.max(1))),
        address_space_bytes: Some(tools.max_memory_bytes),
        file_size_bytes: Some(file_size_bytes),
    }
}

/// Work that has no process to be stopped, dropped when the caller cancels.
async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T, VideoError>>,
) -> Result<T, VideoError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(VideoError::Cancelled),
        result = work => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::VideoConfig;
    use crate::plan::Wishes;
    use crate::{plan, probe};

    #[test]
    fn the_encoder_may_keep_every_core_busy_until_its_time_is_over() {
        let config = VideoConfig::default();
        let clip = include_bytes!("../fixtures/bbb_480p24_30s_aac51.json");
        let plan = plan::plan(&probe::parse(clip).expect("playable"), &config, &Wishes::default(), None);
        for cores in [1, 2, 64] {
            let limits = limits(&Tools { cores, ..Tools::from(&config) }, &plan, 0);
            let (wall, cpu_seconds) = (limits.wall.expect("a limit"), limits.cpu_seconds.expect("a limit"));
            assert!(wall > Duration::from_secs(3600), "{wall:?}");
            assert_eq!(cpu_seconds, (wall.as_secs() + 1) * cores);
        }
    }
}
