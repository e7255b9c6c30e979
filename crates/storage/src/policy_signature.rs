//! Signature version 4 of a form's policy: no canonical request, the policy's Base64 itself is signed.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The code of the policy, to be shown by the client that signs and compared by the server that checks. `day` is like
/// `20261121`.
pub(crate) fn policy_mac(secret: &str, day: &str, region: &str, policy: &str) -> Hmac<Sha256> {
    let secret = format!("AWS4{secret}").into_bytes();
    let steps = [day, region, "s3", "aws4_request"];
    let key = steps.iter().fold(secret, |key, step| mac(&key, step).finalize().into_bytes().to_vec());
    mac(&key, policy)
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac
}
