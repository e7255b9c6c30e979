//! What a writer says about the bytes, on its way into the record.

use std::collections::BTreeMap;

use s3s::dto::Metadata;
use s3s::{S3Result, s3_error};

/// Metadata of one object, names and values together, as in S3: 2 KB.
const MAX_USER_METADATA_BYTES: usize = 2048;

/// The encoding of the object: `aws-chunked` names the transfer and is gone when the bytes are stored.
pub(super) fn stored_encoding(sent: &str) -> Option<String> {
    let kept: Vec<&str> =
        sent.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

/// The user's metadata. Errors: more than 2 KB.
pub(super) fn user_metadata(sent: Option<&Metadata>) -> S3Result<BTreeMap<String, String>> {
    let kept: BTreeMap<String, String> =
        sent.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    check_user_metadata(kept)
}

/// Gives the metadata back when it is not too much. Errors: more than 2 KB.
pub(super) fn check_user_metadata(kept: BTreeMap<String, String>) -> S3Result<BTreeMap<String, String>> {
    let size: usize = kept.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MAX_USER_METADATA_BYTES {
        return Err(s3_error!(MetadataTooLarge, "metadata takes at most {MAX_USER_METADATA_BYTES} bytes"));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_of_the_transfer_is_not_stored() {
        assert_eq!(stored_encoding("aws-chunked"), None);
        assert_eq!(stored_encoding("aws-chunked, gzip"), Some("gzip".to_owned()));
    }
}
