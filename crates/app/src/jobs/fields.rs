//! Reading what other programs have put into a job, field by field: a refusal names the field, and what it should hold.

use serde_json::{Map, Value};
use url::Url;

/// The longest id that another program may give anything.
pub(super) const MAX_ID_CHARS: usize = 200;
/// The longest address or path.
pub(super) const MAX_SOURCE_CHARS: usize = 4096;

/// The fields of a JSON object.
pub(super) type Fields = Map<String, Value>;

/// A field that is there and not null.
pub(super) fn present<'a>(fields: &'a Fields, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// A text field that is not empty; `None` when it is absent or null.
pub(super) fn text<'a>(fields: &'a Fields, name: &str, max_chars: usize) -> Result<Option<&'a str>, String> {
    match present(fields, name) {
        None => Ok(None),
        // No database takes a NUL for part of a text.
        Some(Value::String(text)) if text.contains('\0') => Err(format!("{name} holds a NUL")),
        Some(Value::String(text)) if !text.is_empty() && text.chars().count() <= max_chars => Ok(Some(text)),
        Some(_) => Err(format!("{name} must be a text of 1 to {max_chars} characters")),
    }
}

/// The same for a text that must be there.
pub(super) fn needed_text<'a>(fields: &'a Fields, name: &str, max_chars: usize) -> Result<&'a str, String> {
    text(fields, name, max_chars)?.ok_or_else(|| format!("{name} is missing"))
}

/// An address of the web; `None` when it is absent or null.
pub(super) fn address(fields: &Fields, name: &str) -> Result<Option<Url>, String> {
    let Some(text) = text(fields, name, MAX_SOURCE_CHARS)? else { return Ok(None) };
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(url)),
        _ => Err(format!("{name} must be an http or https address")),
    }
}

/// The same for an address that must be there.
pub(super) fn needed_address(fields: &Fields, name: &str) -> Result<Url, String> {
    address(fields, name)?.ok_or_else(|| format!("{name} is missing"))
}

/// An object; `None` when it is absent or null.
pub(super) fn object<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a Fields>, String> {
    match present(fields, name) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(format!("{name} must be an object")),
    }
}

/// The same for an object that must be there.
pub(super) fn needed_object<'a>(fields: &'a Fields, name: &str) -> Result<&'a Fields, String> {
    object(fields, name)?.ok_or_else(|| format!("{name} is missing"))
}

/// A whole number within limits; `None` when it is absent or null.
pub(super) fn whole(fields: &Fields, name: &str, least: u64, most: u64) -> Result<Option<u64>, String> {
    let Some(value) = present(fields, name) else { return Ok(None) };
    let number = value.as_u64().filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or_else(|| format!("{name} must be a whole number from {least} to {most}"))
}

/// A word out of a list that must be there.
pub(super) fn one_of(fields: &Fields, name: &str, known: &[&str]) -> Result<(), String> {
    let word = needed_text(fields, name, MAX_ID_CHARS)?;
    if known.contains(&word) {
        return Ok(());
    }
    Err(format!("{name} is {word:?}; it may be {}", known.join(", ")))
}

/// `field` of `object`, as refusals call it.
pub(super) fn within(object: &str) -> impl Fn(String) -> String {
    let object = object.to_owned();
    move |refusal| format!("{object}.{refusal}")
}
