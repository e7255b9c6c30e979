//! SubRip: numbered blocks with a comma in their times and a little HTML.

use super::lines::{Line, blocks};
use super::timing::Span;
use super::{CaptionsError, Cue, counted, cue, cue_text};

/// The cues as they come; `None` for one without words.
pub(super) fn cues(text: &str) -> impl Iterator<Item = Result<Option<Cue>, CaptionsError>> {
    counted(blocks(text).filter_map(|block| Some((*block.first()?, read(&block)))))
}

fn read(block: &[Line<'_>]) -> Result<Option<Cue>, CaptionsError> {
    let (timing, words) = match block {
        [timing, words @ ..] if timing.text.contains("-->") => (timing, words),
        [number, timing, words @ ..] if is_number(number.text) => (timing, words),
        [first, ..] => {
            let reason = "this is neither WebVTT, which begins with WEBVTT, nor SubRip, where a cue begins with its \
                          number and a line like 00:00:01,000 --> 00:00:02,500";
            return Err(CaptionsError::at(first, reason));
        }
        [] => return Ok(None),
    };
    let is_above = words.first().is_some_and(|line| is_above(line.text));
    // What stands behind the times are coordinates of players that are gone.
    cue(timing, words, sanitized, |_| if is_above { "line:0".to_owned() } else { String::new() })
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `{\an8}` and its neighbours put the words at the top.
fn is_above(text: &str) -> bool {
    ["{\\an7}", "{\\an8}", "{\\an9}"].iter().any(|place| text.contains(place))
}

/// Other programs' `{\…}` say how letters look.
fn sanitized(text: &str, span: Span) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once("{\\") {
        let Some((_, behind)) = after.split_once('}') else { break };
        plain.push_str(before);
        rest = behind;
    }
    plain.push_str(rest);
    cue_text::sanitized(&plain, span)
}
