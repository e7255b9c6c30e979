//! Signed, expiring texts: `{payload}.{expiry}.{signature}`, safe in an address and in a cookie.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use telecine_db::{Db, DbError, settings};

/// Bytes of the key: as long as SHA-256's output.
const KEY_BYTES: usize = 32;
const KEY_SETTING: &str = "signing_key";

/// What a signed text is good for. A text signed for one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signs a browser in, once opened.
    SignIn,
    /// A browser's cookie.
    Session,
    /// Reading the playlists of one video.
    Playback,
    /// Uploading, from a browser that may do nothing else.
    Upload,
    /// Opening the pages of one private video.
    Watch,
}

/// Signs and checks with the deployment's key.
#[derive(Clone)]
pub struct Signer {
    key: SecretString,
}

impl Signer {
    /// Takes the key from the database, making one at the first start. Every process on one database shares it.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn load(db: &Db) -> Result<Self, DbError> {
        if let Some(key) = settings::find(db.read(), KEY_SETTING).await? {
            return Ok(Self { key });
        }
        let tx = db.begin().await?;
        let key = settings::insert_if_absent(&tx, KEY_SETTING, &random_text(KEY_BYTES).into()).await?;
        tx.commit().await?;
        Ok(Self { key })
    }

    /// `payload` signed for `purpose` until `expires_at`; the payload may hold letters, digits, `-`, `_` and `~`.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, payload: &str, expires_at: Timestamp) -> String {
        let body = format!("{payload}.{}", expires_at.as_second());
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(self.mac(purpose, &body).finalize().into_bytes()))
    }

    /// The payload, if the text was signed for this purpose and has not expired.
    #[must_use]
    pub fn verify<'text>(&self, purpose: Purpose, text: &'text str, now: Timestamp) -> Option<&'text str> {
        let (body, signature) = text.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(purpose, body).verify_slice(&signature).ok()?;
        let (payload, expires_at) = body.rsplit_once('.')?;
        (now.as_second() < expires_at.parse::<i64>().ok()?).then_some(payload)
    }

    fn mac(&self, purpose: Purpose, body: &str) -> Hmac<Sha256> {
        let domain = match purpose {
            Purpose::SignIn => "sign-in",
            Purpose::Session => "session",
            Purpose::Playback => "playback",
            Purpose::Upload => "upload",
            Purpose::Watch => "watch",
        };
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(self.key.expose_secret().as_bytes()).expect("any key");
        mac.update(domain.as_bytes());
        mac.update(b"\n");
        mac.update(body.as_bytes());
        mac
    }
}

/// `bytes` random bytes as text for addresses and headers.
pub(super) fn random_text(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    #[expect(clippy::expect_used, reason = "without randomness from the system nothing may go on")]
    getrandom::fill(&mut buffer).expect("the system gives random bytes");
    URL_SAFE_NO_PAD.encode(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn signer() -> Signer {
        Signer { key: "a key".to_owned().into() }
    }

    #[test]
    fn a_signed_text_is_good_for_its_purpose_until_it_expires() {
        let now = Timestamp::UNIX_EPOCH;
        let text = signer().sign(Purpose::Playback, "video", now + Duration::from_secs(60));
        assert_eq!(signer().verify(Purpose::Playback, &text, now), Some("video"));
        assert_eq!(signer().verify(Purpose::Session, &text, now), None);
        assert_eq!(signer().verify(Purpose::Playback, &text, now + Duration::from_secs(60)), None);
    }

    #[test]
    fn an_altered_text_is_refused() {
        let now = Timestamp::UNIX_EPOCH;
        let text = signer().sign(Purpose::Playback, "video", now + Duration::from_secs(60));
        for altered in
            [text.replace("video", "other"), text.replace(".60.", ".61."), text[..text.len() - 1].to_owned()]
        {
            assert_eq!(signer().verify(Purpose::Playback, &altered, now), None, "{altered}");
        }
        let other_key = Signer { key: "another key".to_owned().into() };
        assert_eq!(other_key.verify(Purpose::Playback, &text, now), None);
    }
}
