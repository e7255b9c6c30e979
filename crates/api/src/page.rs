//! What the lists of jobs take: how much, from where, and with which text.

use std::str::FromStr;

use http::StatusCode;

use crate::problem::Problem;

/// Rows on one page, at most.
const MAX_LIMIT: u64 = 100;
const DEFAULT_LIMIT: u64 = 20;
/// Far above what is kept of any queue that somebody pages through.
const MAX_OFFSET: u64 = 1_000_000;
/// Longer than any id.
const MAX_TEXT_CHARS: usize = 200;

/// How many rows to show.
pub(crate) fn limit(limit: Option<u64>) -> Result<u64, Problem> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        _ => Err(refused("invalid_limit", format!("limit must be 1 to {MAX_LIMIT}"))),
    }
}

/// How many rows to pass over.
pub(crate) fn offset(offset: Option<u64>) -> Result<u64, Problem> {
    match offset.unwrap_or(0) {
        offset if offset <= MAX_OFFSET => Ok(offset),
        _ => Err(refused("invalid_offset", format!("offset must be at most {MAX_OFFSET}; look for a text"))),
    }
}

/// What to look for; nothing at all is no text.
pub(crate) fn text(text: Option<String>) -> Result<Option<String>, Problem> {
    match text {
        Some(text) if text.chars().count() > MAX_TEXT_CHARS => {
            Err(refused("invalid_text", format!("text must have at most {MAX_TEXT_CHARS} characters")))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}

/// Where the page begins: behind the row with this id.
pub(crate) fn cursor<T: FromStr>(cursor: Option<String>) -> Result<Option<T>, Problem> {
    let unknown = |_| refused("invalid_cursor", "cursor is not one of ours; start without it".to_owned());
    cursor.map(|cursor| cursor.parse()).transpose().map_err(unknown)
}

fn refused(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}
