//! How an error of storage, disk or encoder ends a run. The log gets every cause, people get a code.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::time::Duration;

use telecine_image::ImageError;
use telecine_model::{Failure, FailureCode};
use telecine_outbound::OutboundError;
use telecine_queue::JobError;
use telecine_storage::StoreError;
use telecine_video::VideoError;

/// The longest time that a server may ask to be left alone; one that wants more is asked all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// A list, a write or a deletion that failed. It is never about the uploaded file, whatever status storage chose.
pub(super) fn storage_failed(subject: impl Display, error: &StoreError) -> JobError {
    tracing::warn!(%subject, error = causes(error), "object storage failed");
    local_error(error).map_or(FailureCode::StorageUnavailable, disk_code).into()
}

/// The download of the uploaded file that failed.
pub(super) fn download_failed(subject: impl Display, error: &StoreError) -> JobError {
    let code = match error {
        StoreError::NotFound { .. } => FailureCode::SourceMissing,
        StoreError::Changed { .. } => FailureCode::SourceChanged,
        error => return storage_failed(subject, error),
    };
    tracing::warn!(%subject, error = causes(error), "the source cannot be downloaded");
    code.into()
}

/// A folder of the job that could not be used.
pub(crate) fn disk_failed(subject: impl Display, error: &io::Error) -> JobError {
    tracing::warn!(%subject, %error, "the job's folder could not be used");
    disk_code(error).into()
}

/// Probing or encoding that came to no good end. People get the tool's last lines too: a tool sees names within the job's
/// own folder only, so they hold no path of the server.
pub(super) fn encoding_failed(subject: impl Display, error: &VideoError) -> JobError {
    let code = match error {
        VideoError::Cancelled => return JobError::LeaseLost,
        VideoError::Sink(sink) if is_lease_lost(&*sink.source) => return JobError::LeaseLost,
        VideoError::Sink(sink) => local_error(&*sink.source).map_or_else(|| error.code(), disk_code),
        error => error.code(),
    };
    tracing::warn!(%subject, %code, error = causes(error), "processing stopped");
    let failure = Failure { detail: error.detail().map(str::to_owned), ..code.into() };
    if code.is_retryable() { JobError::Retry(failure) } else { JobError::Fail(failure) }
}

/// An image that could not be decoded, or whose variants could not be written.
pub(super) fn image_failed(subject: impl Display, error: &ImageError) -> JobError {
    let code = match error {
        ImageError::Cancelled => return JobError::LeaseLost,
        ImageError::Output { source, .. } | ImageError::Input(source) => disk_code(source),
        error => error.code(),
    };
    tracing::info!(%subject, %code, error = causes(error), "an image is not taken");
    let failure = Failure { detail: Some(error.to_string()), ..code.into() };
    if code.is_retryable() { JobError::Retry(failure) } else { JobError::Fail(failure) }
}

/// A file of somebody else's server that could not be had. `field` is what the address was called.
pub(crate) fn remote_failed(field: &str, error: &OutboundError) -> JobError {
    tracing::info!(%error, "a file from elsewhere cannot be fetched");
    let message = format!("{field} cannot be fetched: {error}.");
    let failure = Failure { code: error.code().to_owned(), message, detail: None };
    match error.retry_after() {
        _ if !error.is_transient() => JobError::Fail(failure),
        Some(wait) => JobError::RetryAfter(failure, wait.min(LONGEST_WAIT)),
        None => JobError::Retry(failure),
    }
}

/// The error of a local file among the causes; storage's own errors have none.
fn local_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// Whether the sink refused an object because the run has lost its job.
fn is_lease_lost(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| matches!(cause.downcast_ref(), Some(JobError::LeaseLost)))
}

fn disk_code(error: &io::Error) -> FailureCode {
    let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    if is_full { FailureCode::ScratchSpace } else { FailureCode::Internal }
}

/// The error and everything that caused it, in one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in chain(error).map(ToString::to_string) {
        // Some errors repeat their cause.
        if !text.ends_with(&cause) {
            let separator = if text.is_empty() { "" } else { ": " };
            text = text + separator + &cause;
        }
    }
    text
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (**error).source())
}

#[cfg(test)]
mod tests {
    use telecine_model::VideoId;
    use telecine_video::SinkError;

    use super::*;

    fn local(kind: io::ErrorKind) -> StoreError {
        let (operation, key) = ("put", "videos/1/g1/a.mp4".to_owned());
        StoreError::LocalFile { operation, key, path: "a.mp4".into(), source: kind.into() }
    }

    fn missing() -> StoreError {
        StoreError::NotFound { operation: "list", key: "videos/1/".to_owned() }
    }

    fn code(error: JobError) -> String {
        match error {
            JobError::Retry(failure) | JobError::Fail(failure) => failure.code,
            other => other.to_string(),
        }
    }

    #[test]
    fn a_full_disk_is_told_from_a_failing_storage() {
        let video = VideoId::generate();
        for (kind, expected) in [
            (io::ErrorKind::StorageFull, "scratch_space"),
            (io::ErrorKind::PermissionDenied, "internal_error"),
        ] {
            assert_eq!(code(storage_failed(video, &local(kind))), expected);
            assert_eq!(code(download_failed(video, &local(kind))), expected);
            let sink = SinkError { name: "a.mp4".to_owned(), source: local(kind).into() };
            assert_eq!(code(encoding_failed(video, &sink.into())), expected);
        }
        let sink = SinkError { name: "a.mp4".to_owned(), source: missing().into() };
        assert_eq!(code(encoding_failed(video, &sink.into())), "storage_unavailable");
    }

    #[test]
    fn people_get_the_last_lines_of_the_tool() {
        let said = |detail: &str| VideoError::Corrupt { detail: detail.to_owned() };
        let detail = |error: VideoError| match encoding_failed(VideoId::generate(), &error) {
            JobError::Fail(failure) => failure.detail,
            other => panic!("{other} can be tried again"),
        };
        assert_eq!(detail(said("input: Invalid data\n")).as_deref(), Some("input: Invalid data"));
        assert_eq!(detail(said(" ")), None);
        assert_eq!(detail(VideoError::EmptyFile), None);
    }

    #[test]
    fn only_a_download_can_miss_its_source() {
        let video = VideoId::generate();
        assert!(
            matches!(download_failed(video, &missing()), JobError::Fail(failure) if failure.code == "source_missing")
        );
        assert!(
            matches!(storage_failed(video, &missing()), JobError::Retry(failure) if failure.code == "storage_unavailable")
        );
    }

    #[test]
    fn the_log_names_every_cause_once() {
        let sink = SinkError { name: "a.mp4".to_owned(), source: local(io::ErrorKind::StorageFull).into() };
        assert_eq!(
            causes(&VideoError::from(sink)),
            "cannot store a.mp4: put videos/1/g1/a.mp4: the local file a.mp4 failed: no storage space"
        );
        let scratch = VideoError::Scratch(io::ErrorKind::StorageFull.into());
        assert_eq!(causes(&scratch), "scratch disk: no storage space");
    }
}
