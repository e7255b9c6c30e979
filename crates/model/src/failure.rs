//! Why a video failed: a stable code, a sentence a person can act on, and whether trying again can help.

use std::fmt;

macro_rules! failure_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $retry:ident, $sentence:literal;)*) => {
        /// A reason for a video to end as `failed`. Codes are promises: they are stored, shown and matched by clients.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FailureCode { $($(#[$doc])* $variant,)* }

        impl FailureCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What happened and what to do, for a person.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// Whether another try, perhaps on another worker, can succeed.
            #[must_use]
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$variant => failure_codes!(@$retry),)* }
            }
        }
    };
    (@retry) => { true };
    (@terminal) => { false };
}

failure_codes! {
    /// The file has no bytes.
    EmptyFile = "empty_file", terminal, "The file is empty. Choose the file again and upload it once more.";
    /// No demuxer of the allow-list knows the bytes.
    NotMedia = "not_media", terminal, "The file is not a video or audio file in a format that is supported.";
    /// Media, but without a video or audio stream that can be decoded.
    NoPlayableStream = "no_playable_stream", terminal, "The file holds no video or audio stream that can be played.";
    /// The end of the file is missing.
    VideoTruncated = "video_truncated", terminal, "The file ends too early: part of it is missing. Export or copy it again and upload the whole file.";
    /// The streams cannot be decoded.
    VideoCorrupt = "video_corrupt", terminal, "The file is damaged and cannot be decoded. Export it again and upload the new file.";
    /// Too many pixels.
    VideoTooLarge = "video_too_large", terminal, "The picture is larger than this server accepts. Export a smaller version.";
    /// Too many seconds.
    VideoTooLong = "video_too_long", terminal, "The video is longer than this server accepts. Upload it in parts.";
    /// More streams than any player or editor makes.
    TooManyStreams = "too_many_streams", terminal, "The file holds more streams than this server accepts. Export it with fewer tracks.";
    /// Processing took longer than allowed.
    VideoTimeout = "video_timeout", retry, "Processing took too long and was stopped.";
    /// Processing stood still.
    VideoStalled = "video_stalled", retry, "Processing stood still and was stopped.";
    /// A watermark is wanted, and the server has none.
    WatermarkMissing = "watermark_missing", terminal, "A watermark was asked for, and the server has none. Set video.watermark.image (WATERMARK_PATH).";
    /// The image to be drawn over the video cannot be decoded.
    WatermarkInvalid = "watermark_invalid", terminal, "The watermark cannot be drawn: it is no image, or a broken one. Give another one.";
    /// A memory or CPU limit ended the tool.
    VideoResources = "video_resources", retry, "Processing needed more memory or processor time than allowed.";
    /// The bytes are no image, whatever the name says.
    NotAnImage = "not_an_image", terminal, "The file is not an image. Choose a JPEG, PNG, WebP or GIF.";
    /// An image, in a format that is not decoded here.
    UnsupportedFormat = "unsupported_format", terminal, "Images of this format are not accepted. Save it as JPEG, PNG, WebP or GIF, and upload that.";
    /// More bytes, pixels or frames than allowed.
    ImageTooLarge = "image_too_large", terminal, "The image is larger than this server accepts. Save a smaller version, and upload that.";
    /// The image cannot be decoded to its end.
    ImageCorrupt = "image_corrupt", terminal, "The image is damaged or part of it is missing. Save or copy it again, and upload the whole file.";
    /// Decoding took longer than allowed.
    ImageTimeout = "image_timeout", terminal, "The image took too long to decode and was given up. Save it again with another program, and upload that.";
    /// The process that decodes images cannot be started, or was killed from outside.
    DecoderUnavailable = "decoder_unavailable", retry, "The process that decodes images could not be started, or was killed.";
    /// There is a file of the same name already.
    OutputExists = "output_exists", terminal, "There is a file of that name already. Choose another folder, or say that it may be replaced.";
    /// The uploaded object is gone from storage.
    SourceMissing = "source_missing", terminal, "The uploaded file is no longer in storage. Upload it again.";
    /// The object in storage is not the one that was uploaded.
    SourceChanged = "source_changed", terminal, "The uploaded file was replaced in storage after the upload. Upload it again.";
    /// The object is not the file that was announced.
    ChecksumMismatch = "checksum_mismatch", terminal, "The file that arrived is not the one that was announced: its SHA-256 differs. Upload it again.";
    /// Object storage did not answer, or refused.
    StorageUnavailable = "storage_unavailable", retry, "Object storage could not be reached or refused a request.";
    /// The disk of the worker is full.
    ScratchSpace = "scratch_space", retry, "The server ran out of disk space while processing.";
    /// ffmpeg or ffprobe cannot be started.
    ToolMissing = "tool_missing", retry, "ffmpeg or ffprobe could not be started on the server. Run `telecine doctor` there.";
    /// The outputs do not agree with the plan.
    OutputInvalid = "output_invalid", retry, "The result did not pass verification, so nothing was published.";
    /// The CDN did not answer, or refused.
    CdnUnavailable = "cdn_unavailable", retry, "The CDN could not be told to drop its copies of deleted files.";
    /// Workers disappeared while running the job.
    WorkerLost = "worker_lost", retry, "The server was stopped several times while processing this file.";
    /// A job of any kind took longer than its kind may.
    JobTimeout = "job_timeout", retry, "The work took longer than allowed and was stopped.";
    /// A job that it depends on has failed.
    ChildFailed = "child_failed", retry, "A job that this one waits for has failed. Try that one again first.";
    /// Somebody cancelled the job.
    Cancelled = "cancelled", terminal, "The job was cancelled.";
    /// The job's data are not what its kind needs.
    InvalidPayload = "invalid_payload", terminal, "The job's data are not what this kind of job needs.";
    /// A defect of Telecine.
    Internal = "internal_error", retry, "Something went wrong inside the server. Its log has the details.";
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure as people and clients see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
    /// The last lines of the tool's output, when a tool said something.
    pub detail: Option<String>,
}

impl From<FailureCode> for Failure {
    fn from(code: FailureCode) -> Self {
        Self { code: code.as_str().to_owned(), message: code.sentence().to_owned(), detail: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_lowercase_and_has_a_whole_sentence() {
        let mut codes: Vec<_> = FailureCode::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), FailureCode::ALL.len());
        for code in FailureCode::ALL {
            assert!(code.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code}");
            assert!(code.sentence().ends_with('.'), "{code}");
        }
    }
}
