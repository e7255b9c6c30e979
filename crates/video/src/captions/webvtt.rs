//! WebVTT (W3C): a header, then blocks; of these only cues are taken.

use super::lines::{Line, blocks};
use super::{CaptionsError, Cue, counted, cue, cue_text, placement};

/// Whether the file says that it is WebVTT.
pub(super) fn is_webvtt(text: &str) -> bool {
    text.strip_prefix("WEBVTT").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n']))
}

/// The cues as they come; `None` for one without words.
pub(super) fn cues(text: &str) -> impl Iterator<Item = Result<Option<Cue>, CaptionsError>> {
    let mut is_header = true;
    let cues = blocks(text).filter_map(move |block| {
        let block = if std::mem::take(&mut is_header) { after_header(&block) } else { &block };
        let first = *block.first()?;
        (!is_no_cue(&first)).then(|| (first, read(block)))
    });
    counted(cues)
}

/// A cue that follows the header without an empty line is still a cue.
fn after_header<'a, 'b>(block: &'b [Line<'a>]) -> &'b [Line<'a>] {
    let timing = block.iter().skip(1).position(|line| line.text.contains("-->"));
    timing.map_or(&[], |timing| &block[timing + 1..])
}

/// Notes, and blocks that could change how the page looks.
fn is_no_cue(first: &Line<'_>) -> bool {
    let is_note =
        first.text.strip_prefix("NOTE").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    is_note || matches!(first.text.trim_end(), "STYLE" | "REGION")
}

fn read(block: &[Line<'_>]) -> Result<Option<Cue>, CaptionsError> {
    let (timing, words) = match block {
        [timing, words @ ..] if timing.text.contains("-->") => (timing, words),
        [_name, timing, words @ ..] if timing.text.contains("-->") => (timing, words),
        [first, ..] => {
            return Err(CaptionsError::at(
                first,
                "a cue begins with a line like 00:00:01.000 --> 00:00:02.500",
            ));
        }
        [] => return Ok(None),
    };
    cue(timing, words, cue_text::sanitized, placement::sanitized)
}
