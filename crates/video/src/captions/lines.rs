//! Bytes to lines with their numbers, and lines to blocks.

use std::borrow::Cow;

use super::{CaptionsError, MAX_BYTES};

/// A line and its number, counted from 1 as editors do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
}

/// The text without its byte order mark, with every end of line as `\n`.
pub(super) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, CaptionsError> {
    if bytes.len() > MAX_BYTES {
        return Err(CaptionsError { line: 1, reason: format!("the file has more than {MAX_BYTES} bytes") });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        CaptionsError { line, reason: "this is not UTF-8; save the file as UTF-8".to_owned() }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.contains('\r') {
        true => Ok(text.replace("\r\n", "\n").replace('\r', "\n").into()),
        false => Ok(text.into()),
    }
}

/// Lines that follow each other without an empty one between them.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Vec<Line<'_>>> {
    let mut lines = (1..).zip(text.split('\n')).map(|(number, text)| Line { number, text });
    std::iter::from_fn(move || {
        let first = lines.by_ref().find(|line| !is_empty(line))?;
        let rest = lines.by_ref().take_while(|line| !is_empty(line));
        Some(std::iter::once(first).chain(rest).collect())
    })
}

fn is_empty(line: &Line<'_>) -> bool {
    line.text.trim().is_empty()
}
