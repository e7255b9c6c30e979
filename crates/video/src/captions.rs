//! Words shown over the pictures: WebVTT and SubRip are read into cues, and WebVTT is written anew from them.
//!
//! What comes in was written by strangers and is never passed on as it is. Only cues get through: their times are checked
//! and put in order, their text keeps what WebVTT allows. Styles, regions, notes and names of cues are left out.

mod cue_text;
mod language;
mod lines;
mod placement;
mod subrip;
mod timing;
mod webvtt;

use std::fmt::Write as _;

pub use language::{InvalidLanguage, Language};
use lines::Line;

/// Bytes of a file that is read: 2 MB are twenty films of talk. What is written is at most five times as long, because
/// `&` becomes `&amp;`.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of a file that is written, at most.
pub const MAX_WRITTEN_BYTES: u64 = 6 * MAX_BYTES as u64;
/// Cues of a file; three hours at two a second.
const MAX_CUES: usize = 20_000;

/// Words and when they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// Milliseconds from the start of the video.
    pub start_ms: u64,
    /// Milliseconds from the start of the video, after `start_ms`.
    pub end_ms: u64,
    /// Where it is shown, in the words of WebVTT; empty for below.
    placement: String,
    /// The cue text of WebVTT: escaped, tags closed, no empty line.
    text: String,
}

/// Cues in the order of their beginning; at least one when they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captions {
    cues: Vec<Cue>,
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct CaptionsError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it and what should be there.
    pub reason: String,
}

impl CaptionsError {
    fn at(line: &Line<'_>, reason: impl Into<String>) -> Self {
        Self { line: line.number, reason: reason.into() }
    }
}

/// Reads WebVTT, or SubRip where the file does not begin with `WEBVTT`.
///
/// # Errors
/// The first line that is wrong: no UTF-8, no time where one is needed, a cue that ends before it begins, too much of
/// anything, or nothing to show at all.
pub fn read(bytes: &[u8]) -> Result<Captions, CaptionsError> {
    let text = lines::decoded(bytes)?;
    let cues: Result<Vec<Option<Cue>>, CaptionsError> =
        if webvtt::is_webvtt(&text) { webvtt::cues(&text).collect() } else { subrip::cues(&text).collect() };
    Captions::of(cues?.into_iter().flatten().collect()).ok_or_else(|| CaptionsError {
        line: 1,
        reason: "there is no cue with words in this file".to_owned(),
    })
}

/// Reads WebVTT that a tool has written from somebody's file: what is wrong is left out. `None` when nothing is left.
pub(crate) fn read_leniently(bytes: &[u8]) -> Option<Captions> {
    let text = lines::decoded(bytes).ok()?;
    Captions::of(webvtt::cues(&text).filter_map(|cue| cue.ok().flatten()).collect())
}

impl Captions {
    /// The cues in order; `None` without any.
    fn of(mut cues: Vec<Cue>) -> Option<Self> {
        cues.sort_by_key(|cue| cue.start_ms);
        (!cues.is_empty()).then_some(Self { cues })
    }

    /// The cues.
    #[must_use]
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// What is shown within the first `seconds`; `None` when that is nothing.
    pub(crate) fn within(self, seconds: f64) -> Option<Self> {
        // A duration is far below 2^53 ms and not negative.
        let end = (seconds * 1000.0).round() as u64;
        let begun = self.cues.into_iter().filter(|cue| cue.start_ms < end);
        Self::of(begun.map(|cue| Cue { end_ms: cue.end_ms.min(end), ..cue }).collect())
    }

    /// The file. Without `X-TIMESTAMP-MAP`: time 0 of a cue is then time 0 of the media (RFC 8216, 3.5), and so it is in
    /// every package, whose segments begin at 0.
    #[must_use]
    pub fn to_webvtt(&self) -> String {
        let mut text = "WEBVTT\n".to_owned();
        for Cue { start_ms, end_ms, placement, text: words } in &self.cues {
            let space = if placement.is_empty() { "" } else { " " };
            let (start, end) = (timing::clock(*start_ms), timing::clock(*end_ms));
            let _ = write!(text, "\n{start} --> {end}{space}{placement}\n{words}\n");
        }
        text
    }
}

/// A cue from the line with its times, its text and what says where it is shown; `None` without anything to show.
fn cue(
    timing: &Line<'_>,
    words: &[Line<'_>],
    sanitize: impl Fn(&str, timing::Span) -> String,
    placement: impl FnOnce(&str) -> String,
) -> Result<Option<Cue>, CaptionsError> {
    let (span, rest) = timing::span(timing)?;
    if let Some(line) = words.iter().find(|line| line.text.contains("-->")) {
        return Err(CaptionsError::at(line, "an empty line is missing before this cue"));
    }
    let lines: Vec<&str> = words.iter().map(|line| line.text).collect();
    let text = sanitize(&lines.join("\n"), span);
    if text.len() > cue_text::MAX_BYTES {
        let reason = format!("the text of this cue has more than {} bytes", cue_text::MAX_BYTES);
        return Err(CaptionsError::at(timing, reason));
    }
    let placement = placement(rest);
    Ok((!text.is_empty()).then_some(Cue { start_ms: span.start_ms, end_ms: span.end_ms, placement, text }))
}

/// Refuses the cue that is one too many.
fn counted<'a, T>(
    cues: impl Iterator<Item = (Line<'a>, Result<T, CaptionsError>)>,
) -> impl Iterator<Item = Result<T, CaptionsError>> {
    cues.take(MAX_CUES + 1).enumerate().map(|(index, (line, cue))| match index {
        MAX_CUES => Err(CaptionsError::at(&line, format!("a file may have {MAX_CUES} cues"))),
        _ => cue,
    })
}

#[cfg(test)]
mod tests;
