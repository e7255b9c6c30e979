//! The fields of a form, which stand before its file.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use hyper::body::Body;
use s3s::{S3Result, s3_error};

use super::parser::{FilePart, Parser, Part};
use crate::embedded::checksum::Checksums;
use crate::embedded::condition::WriteCondition;
use crate::embedded::headers::{check_user_metadata, stored_encoding};
use crate::embedded::receive::{Announced, Length, parse_md5};
use crate::embedded::record::Headers;

/// All values together, as in S3: 20 KB.
const MAX_FIELDS_BYTES: usize = 20 * 1024;

/// A policy names every field, so there are never many.
const MAX_FIELDS: usize = 100;

/// S3 takes keys up to this length.
const MAX_KEY_BYTES: usize = 1024;

/// The values by their names in lower case.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

/// What the sender wants to see when all went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Empty,
    Ok,
    Document,
}

/// Reads the fields up to the file. Errors: no file, too much, or a name twice.
pub(super) async fn read<B>(parser: &mut Parser<B>) -> S3Result<(Fields, FilePart)>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut fields = Fields::default();
    let mut bytes_left = MAX_FIELDS_BYTES;
    while let Some(part) = parser.next_part(bytes_left).await? {
        let (name, value) = match part {
            Part::File(file) => return Ok((fields, file)),
            Part::Field { name, value } => (name.to_ascii_lowercase(), value),
        };
        bytes_left = bytes_left.saturating_sub(name.len() + value.len());
        if fields.0.len() == MAX_FIELDS {
            return Err(s3_error!(
                MalformedPOSTRequest,
                "a form has at most {MAX_FIELDS} fields before its file"
            ));
        }
        // Of two values, the policy could allow one and the other be used.
        if fields.0.insert(name, value).is_some() {
            return Err(s3_error!(MalformedPOSTRequest, "a field occurs twice"));
        }
    }
    Err(s3_error!(IncorrectNumberOfFilesInPostRequest, "the form has no file, which must be its last field"))
}

impl Fields {
    /// The value of a field, whose name is in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names, in lower case.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The key; `${filename}` in it stands for the name of the file. Errors: none, or a longer one than S3 takes.
    pub(super) fn key(&self, file: &FilePart) -> S3Result<String> {
        let key = self.get("key").unwrap_or("").replace("${filename}", &file.file_name);
        match key.len() {
            0 => Err(s3_error!(InvalidArgument, "the form has no field key")),
            length if length > MAX_KEY_BYTES => {
                Err(s3_error!(KeyTooLongError, "a key has at most {MAX_KEY_BYTES} bytes"))
            }
            _ => Ok(key),
        }
    }

    /// What is demanded of the file's bytes. Errors: a Content-MD5 that is none.
    pub(super) fn announced(&self, length: Length) -> S3Result<Announced> {
        let content_md5 = self.get("content-md5").map(parse_md5).transpose()?;
        Ok(Announced {
            length,
            content_md5,
            checksums: Checksums::of_request(&self.as_headers()),
            trailers: None,
        })
    }

    /// What is demanded of the object that the file replaces. Errors: a condition that is none.
    pub(super) fn condition(&self) -> S3Result<WriteCondition> {
        let headers = self.as_headers();
        Ok(WriteCondition {
            if_match: WriteCondition::from_header(&headers, &header::IF_MATCH)?,
            if_none_match: WriteCondition::from_header(&headers, &header::IF_NONE_MATCH)?,
        })
    }

    /// What is stored beside the bytes. Errors: more than 2 KB of metadata, or what cannot be a header.
    pub(super) fn record_headers(&self) -> S3Result<Headers> {
        let headers = self.as_headers();
        let text = |name: &str| match (self.get(name), headers.contains_key(name)) {
            (Some(_), false) => Err(s3_error!(InvalidArgument, "the field {name} cannot be a header")),
            (value, _) => Ok(value.filter(|value| !value.is_empty()).map(str::to_owned)),
        };
        let user = self.0.keys().filter_map(|name| Some((name, name.strip_prefix("x-amz-meta-")?)));
        let user = user.map(|(name, short)| Ok((short.to_owned(), text(name)?.unwrap_or_default())));
        Ok(Headers {
            content_type: text("content-type")?,
            content_disposition: text("content-disposition")?,
            content_encoding: text("content-encoding")?.as_deref().and_then(stored_encoding),
            content_language: text("content-language")?,
            cache_control: text("cache-control")?,
            user: check_user_metadata(user.collect::<S3Result<_>>()?)?,
        })
    }

    /// The answer that `success_action_status` asks for. Errors: a redirection, which is not offered.
    pub(super) fn answer(&self) -> S3Result<Answer> {
        if self.get("success_action_redirect").or_else(|| self.get("redirect")).is_some() {
            return Err(s3_error!(NotImplemented, "redirections after a form are not offered"));
        }
        Ok(match self.get("success_action_status") {
            Some("200") => Answer::Ok,
            Some("201") => Answer::Document,
            _ => Answer::Empty,
        })
    }

    /// The fields that can be headers, as headers.
    fn as_headers(&self) -> HeaderMap {
        let header = |(name, value): (&String, &String)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        self.0.iter().filter_map(header).collect()
    }
}

#[cfg(test)]
pub(super) fn of(pairs: &[(&str, &str)]) -> Fields {
    Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_takes_its_place_in_the_key() {
        let file = FilePart { file_name: "a.mp4".into() };
        assert_eq!(of(&[("key", "u/${filename}")]).key(&file).unwrap(), "u/a.mp4");
        assert!(of(&[]).key(&file).is_err());
        assert!(of(&[("key", &"x".repeat(1025))]).key(&file).is_err());
    }

    #[test]
    fn a_value_that_cannot_be_a_header_is_refused() {
        for (name, value) in
            [("content-type", "a\r\nb: c"), ("x-amz-meta-a", "a\nb"), ("x-amz-meta-a b", "c")]
        {
            assert!(of(&[(name, value)]).record_headers().is_err(), "{name}");
        }
        let kept = of(&[("content-type", "video/mp4"), ("x-amz-meta-a", "1")]).record_headers().unwrap();
        assert_eq!((kept.content_type.as_deref(), kept.user["a"].as_str()), (Some("video/mp4"), "1"));
    }
}
