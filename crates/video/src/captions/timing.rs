//! The line with the times of a cue.

use super::CaptionsError;
use super::lines::Line;

/// Hours of a time at most.
const MAX_HOURS: u64 = 99;

/// From when to when a cue is shown, in milliseconds; the end is after the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
}

/// Reads `00:00:01.000 --> 00:00:02.500` and gives back what follows on the line.
pub(super) fn span<'a>(line: &Line<'a>) -> Result<(Span, &'a str), CaptionsError> {
    let wrong = |text: &str| {
        let shown: String = text.chars().take(20).filter(|c| !c.is_control()).collect();
        CaptionsError::at(line, format!("{shown:?} is no time like 00:00:01.000"))
    };
    let Some((start, rest)) = line.text.split_once("-->") else {
        return Err(CaptionsError::at(line, "a cue begins with a line like 00:00:01.000 --> 00:00:02.500"));
    };
    let rest = rest.trim_start();
    let (end, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let start_ms = milliseconds(start.trim()).ok_or_else(|| wrong(start.trim()))?;
    let end_ms = milliseconds(end).ok_or_else(|| wrong(end))?;
    if end_ms <= start_ms {
        return Err(CaptionsError::at(line, "the cue ends before it begins"));
    }
    Ok((Span { start_ms, end_ms }, rest))
}

/// `01:02:03.456`, hours may be left out; SubRip has a comma, and some programs write less than three digits after it.
pub(super) fn milliseconds(text: &str) -> Option<u64> {
    let (clock, fraction) = text.split_once(['.', ','])?;
    let mut fields = clock.split(':').rev();
    let seconds = number(fields.next()?, 2).filter(|seconds| *seconds < 60)?;
    let minutes = number(fields.next()?, 2).filter(|minutes| *minutes < 60)?;
    let hours =
        fields.next().map_or(Some(0), |hours| number(hours, 4)).filter(|hours| *hours <= MAX_HOURS)?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let thousandths = number(fraction, 3)? * 10_u64.pow(3 - digits);
    fields.next().is_none().then_some(((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths)
}

/// A number of one to `most` digits and nothing else.
fn number(text: &str, most: usize) -> Option<u64> {
    let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// `01:02:03.456`.
pub(super) fn clock(ms: u64) -> String {
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}
