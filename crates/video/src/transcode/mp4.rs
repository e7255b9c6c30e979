//! The files for downloads: a rung and the sound in one MP4 each, copied without encoding.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use telecine_process::{Command, Limits};
use tokio::io::AsyncWriteExt as _;

use super::encode::Encoded;
use super::{Scratch, Transcode, store};
use crate::boxes::{IndexedTrack, parse_index};
use crate::command::{PROGRESS_FD, SOUND_COPY_FILE, mp4_args, mp4_file, picture_copy_file};
use crate::error::VideoError;
use crate::inspect::mp4::{MAX_INDEX_BYTES, payload, walk};
use crate::package::{Download, StoredObject, Track};

/// Makes and stores the files, in the order of the plan.
pub(super) async fn store(
    run: &Transcode<'_>,
    scratch: &Scratch,
    encoded: &Encoded,
) -> Result<Vec<Download>, VideoError> {
    let Some(video) = &run.plan.video else { return Ok(Vec::new()) };
    let mut stored = Vec::new();
    for (place, &index) in run.plan.downloads.iter().enumerate() {
        let (Some(rung), Some(picture)) = (video.rungs.get(index), encoded.video.get(index)) else {
            continue;
        };
        let file = mp4_file((place > 0).then_some(rung));
        let copy = picture_copy_file(rung);
        let object = store_one(run, scratch, encoded, &picture.track, &copy, &file).await?;
        stored.push(Download { id: picture.track.id.clone(), object });
        // A film has gigabytes in each of its rungs.
        for used in [copy, file] {
            let _ = tokio::fs::remove_file(scratch.path().join(used)).await;
        }
    }
    Ok(stored)
}

async fn store_one(
    run: &Transcode<'_>,
    scratch: &Scratch,
    encoded: &Encoded,
    picture: &Track,
    copy: &str,
    file: &str,
) -> Result<StoredObject, VideoError> {
    let sound = encoded.audio.as_ref().map(|sound| &sound.track);
    for (name, track) in [(copy, Some(picture)), (SOUND_COPY_FILE, sound)] {
        if let Some(track) = track.filter(|_| !scratch.path().join(name).exists()) {
            fetch(run, track, &scratch.path().join(name)).await?;
        }
    }
    copy_streams(run, scratch, encoded, copy, file).await?;
    let sound = sound.map(|sound| (*b"soun", sound.samples));
    let expected: Vec<_> = [(*b"vide", picture.samples)].into_iter().chain(sound).collect();
    let (path, name) = (scratch.path().join(file), file.to_owned());
    store::on_blocking_thread(move || Ok(check(&path, &name, &expected))).await??;
    let stored = store::put_file(run.sink, scratch.path(), file.to_owned(), "video/mp4");
    super::unless_cancelled(run.cancel, stored).await
}

/// Reads a rendition back that was made by an earlier run, one object at a time.
async fn fetch(run: &Transcode<'_>, track: &Track, path: &Path) -> Result<(), VideoError> {
    let fetched = async {
        let mut file = tokio::fs::File::create(path).await.map_err(VideoError::Scratch)?;
        for object in track.objects() {
            let bytes = run.sink.fetch(object).await?;
            file.write_all(&bytes).await.map_err(VideoError::Scratch)?;
        }
        file.flush().await.map_err(VideoError::Scratch)
    };
    super::unless_cancelled(run.cancel, fetched).await
}

async fn copy_streams(
    run: &Transcode<'_>,
    scratch: &Scratch,
    encoded: &Encoded,
    copy: &str,
    file: &str,
) -> Result<(), VideoError> {
    let sound = run.plan.audio.as_ref().filter(|_| encoded.audio.is_some());
    let command = Command::new(&run.tools.ffmpeg, scratch.path())
        .args(mp4_args(copy, sound, file))
        .limits(limits(run, scratch, copy))
        .pipe(PROGRESS_FD);
    let mut running = command.spawn().await.map_err(|error| VideoError::not_started("ffmpeg", &error))?;
    let reports = super::encode::drain(running.take_pipe(PROGRESS_FD));
    let (outcome, ()) = tokio::join!(running.wait(run.cancel), reports);
    match VideoError::from_outcome("ffmpeg", &outcome) {
        // The input is our own output, so it is not the uploaded file that is broken.
        Some(VideoError::Corrupt { detail }) => Err(VideoError::invalid(detail)),
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Exit code 0 proves nothing: every box must be whole, and every sample that was recorded must be in the file.
fn check(path: &Path, name: &str, expected: &[([u8; 4], u64)]) -> Result<(), VideoError> {
    let mut file = File::open(path).map_err(VideoError::Scratch)?;
    let len = file.metadata().map_err(VideoError::Scratch)?.len();
    let (mut moov, mut media_bytes) = (None, 0);
    let walked = walk(&mut file, len, |kind, place| match &kind {
        b"moov" => moov = Some(place),
        b"mdat" => media_bytes += place.end - place.start,
        _ => {}
    });
    walked.map_err(|error| match error {
        VideoError::Truncated { detail } => VideoError::invalid(format!("{name}: {detail}")),
        other => other,
    })?;
    let tracks = read_index(&mut file, name, moov)?;
    let found: Vec<_> = tracks.iter().map(|track| (track.handler, track.samples)).collect();
    let sample_bytes: u64 = tracks.iter().map(|track| track.bytes).sum();
    if found != expected || sample_bytes > media_bytes {
        let detail = format!(
            "{name} has {} of {sample_bytes} bytes in {media_bytes} bytes of media, expected were {}",
            in_words(&found),
            in_words(expected)
        );
        return Err(VideoError::invalid(detail));
    }
    Ok(())
}

/// Such as `120 vide and 235 soun samples`.
fn in_words(tracks: &[([u8; 4], u64)]) -> String {
    let tracks: Vec<String> =
        tracks.iter().map(|(handler, samples)| format!("{samples} {}", handler.escape_ascii())).collect();
    format!("{} samples", tracks.join(" and "))
}

fn read_index(
    file: &mut File,
    name: &str,
    moov: Option<Range<u64>>,
) -> Result<Vec<IndexedTrack>, VideoError> {
    let moov = moov.ok_or_else(|| VideoError::invalid(format!("{name} has no moov box")))?;
    let payload = payload(file, &moov).map_err(VideoError::Scratch)?;
    let payload = payload.ok_or_else(|| VideoError::invalid(format!("the index of {name} is too large")))?;
    Ok(parse_index(&payload)?)
}

fn limits(run: &Transcode<'_>, scratch: &Scratch, copy: &str) -> Limits {
    let size = |name| std::fs::metadata(scratch.path().join(name)).map_or(0, |file| file.len());
    let input_bytes = size(copy) + size(SOUND_COPY_FILE);
    // Moving the index to the front happens after the last byte was written and reports nothing.
    Limits { silence: None, ..run.limits(2 * input_bytes + MAX_INDEX_BYTES) }
}
