//! What the S3 layer leaves to us: requests that are refused before it sees them.

use http::{HeaderMap, Uri};
use s3s::{S3Error, S3Result, s3_error};

/// Refuses `x-amz-*` headers that a presigned address does not cover: whoever holds the address may do
/// what was signed and nothing else (AWS refuses them too).
pub(super) fn check(uri: &Uri, headers: &HeaderMap) -> S3Result<()> {
    let Some(signed) = signed_headers(uri.query().unwrap_or("")) else {
        return Ok(());
    };
    let is_signed = |name: &str| signed.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
    match headers.keys().map(|name| name.as_str()).find(|name| name.starts_with("x-amz-") && !is_signed(name))
    {
        Some(name) => Err(not_signed(name)),
        None => Ok(()),
    }
}

fn not_signed(name: &str) -> S3Error {
    s3_error!(AccessDenied, "the header {name} is not covered by the signature")
}

/// `X-Amz-SignedHeaders` of a presigned address. Names are decoded as the S3 layer decodes them: another spelling of
/// the same address must not slip past.
fn signed_headers(query: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "X-Amz-SignedHeaders").map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_put(uri: &'static str, header: &'static str) -> S3Result<()> {
        let headers = HeaderMap::from_iter([(header.parse().unwrap(), "x".parse().unwrap())]);
        check(&Uri::from_static(uri), &headers)
    }

    #[test]
    fn a_presigned_address_covers_only_the_headers_it_names() {
        assert!(check_put("/b/k?X-Amz-SignedHeaders=host", "x-amz-copy-source").is_err());
        assert!(check_put("/b/k?%58-Amz-Signed%48eaders=host", "x-amz-copy-source").is_err());
        assert!(check_put("/b/k?X-Amz-SignedHeaders=host%3Bx-amz-acl", "x-amz-acl").is_ok());
        assert!(check_put("/b/k?X-Amz-SignedHeaders=host", "content-type").is_ok());
        assert!(check_put("/b/k", "x-amz-date").is_ok());
    }
}
