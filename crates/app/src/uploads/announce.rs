//! What a client says about a file before it sends it; everything in it is hostile until checked.

use telecine_model::limits::{MAX_FILENAME_BYTES, MAX_TITLE_CHARS, MAX_UPLOAD_BYTES};

use super::UploadsConfig;
use super::media_type::essence;
use crate::AppError;

/// The title of a file whose name makes none.
const UNTITLED: &str = "Untitled";
const SHA256_DIGITS: usize = 64;

/// A checked announcement of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// A plain file name.
    pub filename: String,
    /// Bytes, 1 to 5 TiB; 0 when they are not announced.
    pub size: u64,
    /// The media type, lowercase and without parameters.
    pub content_type: String,
    /// What people will call the video.
    pub title: String,
    /// Hex SHA-256 of the file in lower case, if the client knows it.
    pub sha256: Option<String>,
}

impl Announcement {
    /// Checks what a client announces. Without a title, the file's name without its extension becomes the title.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with `invalid_filename`, `empty_file`, `invalid_size`, `file_too_large`,
    /// `upload_too_large`, `unsupported_media_type`, `media_type_not_allowed` or `invalid_title`.
    pub fn check(
        limits: &UploadsConfig,
        filename: &str,
        size: i64,
        content_type: &str,
        title: Option<&str>,
    ) -> Result<Self, AppError> {
        let size = check_size(limits, size)?;
        Ok(Self { size, ..Self::check_without_size(limits, filename, content_type, title)? })
    }

    /// Like [`check`](Self::check), for clients that do not tell the size.
    ///
    /// # Errors
    /// Like those of [`check`](Self::check), without the ones about the size.
    pub fn check_without_size(
        limits: &UploadsConfig,
        filename: &str,
        content_type: &str,
        title: Option<&str>,
    ) -> Result<Self, AppError> {
        let filename = check_filename(filename)?;
        let stem = filename.rsplit_once('.').map_or(filename, |(stem, _)| stem);
        let default_title = if stem.is_empty() { filename } else { stem };
        let default_title: String = default_title.chars().take(MAX_TITLE_CHARS).collect();
        Ok(Self {
            filename: filename.to_owned(),
            size: 0,
            content_type: check_content_type(limits, content_type)?,
            title: title.map_or_else(
                || Ok(check_title(&default_title).unwrap_or(UNTITLED.to_owned())),
                check_title,
            )?,
            sha256: None,
        })
    }

    /// Adds the file's SHA-256, which the job compares before anything is published.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with `invalid_sha256`.
    pub fn with_sha256(self, sha256: Option<&str>) -> Result<Self, AppError> {
        let sha256 = sha256.map(check_sha256).transpose()?;
        Ok(Self { sha256, ..self })
    }
}

fn check_sha256(sha256: &str) -> Result<String, AppError> {
    if sha256.len() == SHA256_DIGITS && sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(sha256.to_ascii_lowercase());
    }
    let message = format!("sha256 must be the file's SHA-256 as {SHA256_DIGITS} hexadecimal digits");
    Err(AppError::invalid("invalid_sha256", message))
}

/// A title as it is stored: trimmed, 1 to 200 characters, none of them a control character.
pub(crate) fn check_title(title: &str) -> Result<String, AppError> {
    let title = title.trim();
    let length = title.chars().count();
    if length == 0 || length > MAX_TITLE_CHARS || title.chars().any(char::is_control) {
        let message = format!("title must have 1 to {MAX_TITLE_CHARS} characters and no control characters");
        return Err(AppError::invalid("invalid_title", message));
    }
    Ok(title.to_owned())
}

fn check_filename(filename: &str) -> Result<&str, AppError> {
    let refuse = |why: &str| Err(AppError::invalid("invalid_filename", format!("filename {why}")));
    if filename.trim().is_empty() || filename == "." || filename == ".." {
        return refuse("must name a file");
    }
    if filename.len() > MAX_FILENAME_BYTES {
        return refuse("is longer than 255 bytes");
    }
    if filename.contains(['/', '\\']) {
        return refuse("must be a plain name without / or \\");
    }
    if filename.chars().any(char::is_control) {
        return refuse("holds a control character");
    }
    Ok(filename)
}

fn check_size(limits: &UploadsConfig, size: i64) -> Result<u64, AppError> {
    match u64::try_from(size) {
        Err(_) => {
            Err(AppError::invalid("invalid_size", "size must be the number of bytes of the file, 1 or more"))
        }
        Ok(0) => Err(AppError::invalid("empty_file", "size is 0: the file is empty; choose the file again")),
        Ok(size) if size > MAX_UPLOAD_BYTES => Err(AppError::invalid(
            "file_too_large",
            "size is larger than 5 TiB, the largest object that storage takes",
        )),
        Ok(size) => check_limit(limits, size),
    }
}

/// The size, when files of this size are accepted.
pub(super) fn check_limit(limits: &UploadsConfig, size: u64) -> Result<u64, AppError> {
    if size <= limits.max_size_bytes {
        return Ok(size);
    }
    let message = format!(
        "the file has {size} bytes; at most {} are accepted: upload a smaller file or raise uploads.max_size_bytes",
        limits.max_size_bytes
    );
    Err(AppError::invalid("upload_too_large", message))
}

fn check_content_type(limits: &UploadsConfig, content_type: &str) -> Result<String, AppError> {
    let Some(essence) = essence(content_type) else {
        return Err(AppError::invalid(
            "unsupported_media_type",
            "content_type must be a media type such as video/mp4; use application/octet-stream when it is unknown",
        ));
    };
    if limits.allowed_types.iter().any(|pattern| pattern.covers(&essence)) {
        return Ok(essence);
    }
    let allowed: Vec<String> = limits.allowed_types.iter().map(ToString::to_string).collect();
    let message = format!("content_type {essence} is not accepted, only {}", allowed.join(", "));
    Err(AppError::invalid("media_type_not_allowed", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, size: i64, kind: &str, title: Option<&str>) -> Result<Announcement, AppError> {
        Announcement::check(&UploadsConfig::default(), name, size, kind, title)
    }

    fn code(result: Result<Announcement, AppError>) -> &'static str {
        match result {
            Err(AppError::Invalid { code, .. }) => code,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[test]
    fn a_plain_file_is_accepted_and_its_name_becomes_the_title() {
        let file = check("Ferien am See.mov", 1, "Video/QuickTime; x=y", None).unwrap();
        assert_eq!((file.title.as_str(), file.content_type.as_str()), ("Ferien am See", "video/quicktime"));
        let hidden = check(".mp4", 1, "video/mp4", Some("  My title ")).unwrap();
        assert_eq!(hidden.title, "My title");
    }

    #[test]
    fn names_that_are_paths_are_refused() {
        let long = "x".repeat(256);
        for name in ["../../etc/passwd", "a/b.mp4", "a\\b.mp4", "", " ", ".", "..", "a\0.mp4", "a\nb", &long]
        {
            assert_eq!(code(check(name, 1, "video/mp4", None)), "invalid_filename", "{name:?}");
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_refused_each_with_its_code() {
        for (size, expected) in [
            (-1, "invalid_size"),
            (i64::MIN, "invalid_size"),
            (0, "empty_file"),
            (1_000_000_000_000_000_000, "file_too_large"),
        ] {
            assert_eq!(code(check("a.mp4", size, "video/mp4", None)), expected);
        }
    }

    #[test]
    fn only_the_allowed_media_types_are_accepted() {
        for kind in ["video", "video/", "/mp4", "video/mp4\r\nx: y", ""] {
            assert_eq!(code(check("a.mp4", 1, kind, None)), "unsupported_media_type", "{kind:?}");
        }
        for kind in ["text/html", "image/svg+xml", "application/json"] {
            assert_eq!(code(check("a.mp4", 1, kind, None)), "media_type_not_allowed", "{kind:?}");
        }
        for kind in ["video/x-matroska", "audio/mp4", "image/gif", "application/octet-stream"] {
            assert!(check("a.mp4", 1, kind, None).is_ok(), "{kind:?}");
        }
    }

    #[test]
    fn the_largest_size_of_the_settings_is_the_largest_that_is_accepted() {
        let limits = UploadsConfig { max_size_bytes: 100, ..UploadsConfig::default() };
        let of_size = |size| Announcement::check(&limits, "a.mp4", size, "video/mp4", None);
        assert!(of_size(100).is_ok());
        assert_eq!(code(of_size(101)), "upload_too_large");
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits_of_either_case() {
        let file = || check("a.mp4", 1, "video/mp4", None).unwrap();
        let digest = "AB".repeat(32);
        assert_eq!(file().with_sha256(Some(&digest)).unwrap().sha256, Some("ab".repeat(32)));
        for wrong in ["", "ab", &"xy".repeat(32), &"ab".repeat(33), &format!("{digest}\n")] {
            assert_eq!(code(file().with_sha256(Some(wrong))), "invalid_sha256", "{wrong:?}");
        }
    }

    #[test]
    fn empty_long_and_control_titles_are_refused() {
        for title in ["", "  ", "a\u{7}b", &"x".repeat(201)] {
            assert_eq!(code(check("a.mp4", 1, "video/mp4", Some(title))), "invalid_title");
        }
    }
}
