//! What a client says about a file before it sends it; everything in it is hostile until checked.

use telecine_model::limits::{MAX_FILENAME_BYTES, MAX_TITLE_CHARS, MAX_UPLOAD_BYTES};

use crate::AppError;

/// Media types that are accepted beside `video/*` and `audio/*`. Browsers know no type for some video files and say
/// `application/octet-stream`; what the bytes really are is found out by the job.
const OTHER_MEDIA_TYPES: [&str; 5] =
    ["application/octet-stream", "application/mp4", "application/ogg", "application/x-matroska", "image/gif"];
/// The title of a file whose name makes none.
const UNTITLED: &str = "Untitled";
const MAX_CONTENT_TYPE_BYTES: usize = 100;
const SHA256_DIGITS: usize = 64;

/// A checked announcement of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// A plain file name.
    pub filename: String,
    /// Bytes, 1 to 5 TiB.
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
    /// `unsupported_media_type` or `invalid_title`.
    pub fn check(
        filename: &str,
        size: i64,
        content_type: &str,
        title: Option<&str>,
    ) -> Result<Self, AppError> {
        let filename = check_filename(filename)?;
        let stem = filename.rsplit_once('.').map_or(filename, |(stem, _)| stem);
        let default_title = if stem.is_empty() { filename } else { stem };
        let default_title: String = default_title.chars().take(MAX_TITLE_CHARS).collect();
        Ok(Self {
            filename: filename.to_owned(),
            size: check_size(size)?,
            content_type: check_content_type(content_type)?,
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

fn check_size(size: i64) -> Result<u64, AppError> {
    match u64::try_from(size) {
        Err(_) => {
            Err(AppError::invalid("invalid_size", "size must be the number of bytes of the file, 1 or more"))
        }
        Ok(0) => Err(AppError::invalid("empty_file", "size is 0: the file is empty; choose the file again")),
        Ok(size) if size > MAX_UPLOAD_BYTES => Err(AppError::invalid(
            "file_too_large",
            "size is larger than 5 TiB, the largest object that storage takes",
        )),
        Ok(size) => Ok(size),
    }
}

fn check_content_type(content_type: &str) -> Result<String, AppError> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    let is_well_formed = essence.len() <= MAX_CONTENT_TYPE_BYTES && is_token(kind) && is_token(subtype);
    if is_well_formed && (matches!(kind, "video" | "audio") || OTHER_MEDIA_TYPES.contains(&essence.as_str()))
    {
        return Ok(essence);
    }
    Err(AppError::invalid(
        "unsupported_media_type",
        "content_type must be a video or audio type such as video/mp4; use application/octet-stream when it is unknown",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<Announcement, AppError>) -> &'static str {
        match result {
            Err(AppError::Invalid { code, .. }) => code,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[test]
    fn a_plain_file_is_accepted_and_its_name_becomes_the_title() {
        let file = Announcement::check("Ferien am See.mov", 1, "Video/QuickTime; x=y", None).unwrap();
        assert_eq!((file.title.as_str(), file.content_type.as_str()), ("Ferien am See", "video/quicktime"));
        let hidden = Announcement::check(".mp4", 1, "video/mp4", Some("  My title ")).unwrap();
        assert_eq!(hidden.title, "My title");
    }

    #[test]
    fn names_that_are_paths_are_refused() {
        let long = "x".repeat(256);
        for name in ["../../etc/passwd", "a/b.mp4", "a\\b.mp4", "", " ", ".", "..", "a\0.mp4", "a\nb", &long]
        {
            assert_eq!(code(Announcement::check(name, 1, "video/mp4", None)), "invalid_filename", "{name:?}");
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
            assert_eq!(code(Announcement::check("a.mp4", size, "video/mp4", None)), expected);
        }
    }

    #[test]
    fn only_media_types_are_accepted() {
        for kind in ["text/html", "video", "video/", "/mp4", "video/mp4\r\nx: y", "image/svg+xml", ""] {
            assert_eq!(
                code(Announcement::check("a.mp4", 1, kind, None)),
                "unsupported_media_type",
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits_of_either_case() {
        let file = || Announcement::check("a.mp4", 1, "video/mp4", None).unwrap();
        let digest = "AB".repeat(32);
        assert_eq!(file().with_sha256(Some(&digest)).unwrap().sha256, Some("ab".repeat(32)));
        for wrong in ["", "ab", &"xy".repeat(32), &"ab".repeat(33), &format!("{digest}\n")] {
            assert_eq!(code(file().with_sha256(Some(wrong))), "invalid_sha256", "{wrong:?}");
        }
    }

    #[test]
    fn empty_long_and_control_titles_are_refused() {
        for title in ["", "  ", "a\u{7}b", &"x".repeat(201)] {
            assert_eq!(code(Announcement::check("a.mp4", 1, "video/mp4", Some(title))), "invalid_title");
        }
    }
}
