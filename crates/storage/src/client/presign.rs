//! Presigned addresses: arithmetic only, no request is made.
//!
//! They name the public endpoint, because browsers follow them.

use std::time::Duration;

use jiff::Timestamp;
use rusty_s3::S3Action as _;
use url::Url;

use super::{ObjectStore, check_key};
use crate::error::StoreError;
use crate::urls::PresignedUrl;

/// S3 takes no longer lives: seven days.
pub(super) const MAX_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// GET addresses stay the same for this long, so that browser and CDN caches hit.
const GET_WINDOW: Duration = Duration::from_secs(30 * 60);

/// A request that a browser can make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedRequest {
    /// The signed address. Whoever has it may make the request: never log it.
    pub url: Url,
    /// Headers that must be sent exactly so. Browsers send `content-length` themselves.
    pub headers: Vec<(String, String)>,
}

impl ObjectStore {
    /// The origin of presigned addresses, such as `https://media.example`: what pages must be allowed to reach.
    #[must_use]
    pub fn public_origin(&self) -> String {
        self.inner.public_bucket.base_url().origin().ascii_serialization()
    }

    /// A PUT of exactly `content_length` bytes of this type; anything else is refused by the storage.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        content_length: u64,
        life: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        self.presign_put_with(key, content_type, content_length, life, &[])
    }

    /// Like [`presign_put`](Self::presign_put), with more headers that must be sent exactly so.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_put_with(
        &self,
        key: &str,
        content_type: &str,
        content_length: u64,
        life: Duration,
        more: &[(&str, &str)],
    ) -> Result<PresignedRequest, StoreError> {
        check_key("presign put", key)?;
        let mut headers = vec![
            ("content-length".to_owned(), content_length.to_string()),
            ("content-type".to_owned(), content_type.to_owned()),
        ];
        headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut action = self.inner.public_bucket.put_object(Some(&self.inner.credentials), key);
        for (name, value) in &headers {
            action.headers_mut().insert(name.as_str(), value.as_str());
        }
        let url = action.sign_with_time(life.min(MAX_LIFE), &self.inner.clock.now());
        drop(action);
        Ok(PresignedRequest { url, headers })
    }

    /// A PUT of part `number` with exactly `content_length` bytes. No type is signed: a slice of a file has none.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_part(
        &self,
        key: &str,
        upload_id: &str,
        number: u16,
        content_length: u64,
        life: Duration,
    ) -> Result<PresignedRequest, StoreError> {
        check_key("presign part", key)?;
        let bucket = &self.inner.public_bucket;
        let headers = vec![("content-length".to_owned(), content_length.to_string())];
        let mut action = bucket.upload_part(Some(&self.inner.credentials), key, number, upload_id);
        action.headers_mut().insert("content-length", content_length.to_string());
        let url = action.sign_with_time(life.min(MAX_LIFE), &self.inner.clock.now());
        drop(action);
        Ok(PresignedRequest { url, headers })
    }

    /// A GET that gives the same address for half an hour, and lives at least half its `life`; with a life of one hour
    /// or more, at least `life` less 30 minutes.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_get(&self, key: &str, life: Duration) -> Result<PresignedRequest, StoreError> {
        self.presign_get_with(key, life, None)
    }

    /// Like [`presign_get`](Self::presign_get); the answer carries this `Content-Disposition`, for downloads with a name.
    ///
    /// # Errors
    /// `InvalidKey`.
    pub fn presign_get_as(
        &self,
        key: &str,
        life: Duration,
        content_disposition: &str,
    ) -> Result<PresignedRequest, StoreError> {
        self.presign_get_with(key, life, Some(content_disposition))
    }

    /// A GET signed now, for caches that keep it themselves.
    pub(crate) fn sign_get(&self, key: &str, life: Duration) -> Result<PresignedUrl, StoreError> {
        check_key("presign get", key)?;
        // Signatures count whole seconds.
        let now = Timestamp::from_second(self.inner.clock.now().as_second()).unwrap_or_default();
        let action = self.inner.public_bucket.get_object(Some(&self.inner.credentials), key);
        let url = String::from(action.sign_with_time(life, &now)).into();
        Ok(PresignedUrl { url, expires_at: now + life })
    }

    /// A signature that is the same for the same endpoint, bucket and key pair, and differs otherwise.
    pub(crate) fn signature_sample(&self) -> String {
        let action = self.inner.public_bucket.get_object(Some(&self.inner.credentials), "sample");
        action.sign_with_time(Duration::from_secs(1), &Timestamp::UNIX_EPOCH).into()
    }

    fn presign_get_with(
        &self,
        key: &str,
        life: Duration,
        content_disposition: Option<&str>,
    ) -> Result<PresignedRequest, StoreError> {
        check_key("presign get", key)?;
        let life = life.min(MAX_LIFE);
        let mut action = self.inner.public_bucket.get_object(Some(&self.inner.credentials), key);
        if let Some(disposition) = content_disposition {
            action.query_mut().insert("response-content-disposition", disposition);
        }
        let url = action.sign_with_time(life, &window_start(self.inner.clock.now(), life));
        Ok(PresignedRequest { url, headers: Vec::new() })
    }
}

/// The start of the window that `now` lies in. A window is never longer than half the life.
fn window_start(now: Timestamp, life: Duration) -> Timestamp {
    let window_s = i64::try_from(GET_WINDOW.min(life / 2).as_secs()).unwrap_or(1).max(1);
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(window_s)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use telecine_model::ManualClock;

    use super::*;
    use crate::config::StorageConfig;

    const HOUR: Duration = Duration::from_secs(3600);
    const MINUTE: Duration = Duration::from_secs(60);

    fn store() -> (ObjectStore, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::starting_at("2026-11-03T12:00:00Z".parse().unwrap()));
        let config = StorageConfig {
            endpoint: Some("http://127.0.0.1:9000".parse().unwrap()),
            public_endpoint: Some("https://media.example".parse().unwrap()),
            access_key_id: Some("AKIATEST".to_owned()),
            secret_access_key: Some("secret".into()),
            ..StorageConfig::default()
        };
        (ObjectStore::new(&config, clock.clone()).unwrap(), clock)
    }

    fn query(url: &Url, name: &str) -> String {
        url.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned()
    }

    #[test]
    fn a_get_address_stays_the_same_for_half_an_hour() {
        let (store, clock) = store();
        let mut addresses = Vec::new();
        for _ in 0..60 {
            addresses.push(store.presign_get("videos/a", HOUR).unwrap().url);
            clock.advance(MINUTE);
        }
        addresses.dedup();
        assert_eq!(addresses.len(), 2);
    }

    #[test]
    fn a_get_address_always_lives_another_half_hour_and_a_short_one_half_its_life() {
        let now: Timestamp = "2026-11-03T12:29:59Z".parse().unwrap();
        for life in [HOUR, 10 * MINUTE, Duration::from_secs(1), Duration::ZERO] {
            let start = window_start(now, life);
            assert!(start <= now && start + life >= now + life / 2, "{life:?}");
        }
        assert_eq!(window_start(now, HOUR).to_string(), "2026-11-03T12:00:00Z");
    }

    #[test]
    fn presigned_addresses_name_the_public_endpoint_and_sign_length_and_type() {
        let (store, _) = store();
        let put = store.presign_put("videos/a", "video/mp4", 5, HOUR).unwrap();
        assert!(put.url.as_str().starts_with("https://media.example/telecine/videos/a?"));
        assert_eq!(query(&put.url, "X-Amz-SignedHeaders"), "content-length;content-type;host");
        assert_eq!(put.headers[1], ("content-type".to_owned(), "video/mp4".to_owned()));
        let part = store.presign_part("videos/a", "id", 7, 5, HOUR).unwrap();
        assert_eq!(query(&part.url, "X-Amz-SignedHeaders"), "content-length;host");
        assert_eq!(query(&part.url, "partNumber"), "7");
    }

    #[test]
    fn no_address_outlives_what_s3_takes() {
        let (store, _) = store();
        let url = store.presign_get("a", MAX_LIFE * 2).unwrap().url;
        assert_eq!(query(&url, "X-Amz-Expires"), "604800");
    }

    #[test]
    fn a_download_name_is_part_of_the_address() {
        let (store, _) = store();
        let url = store.presign_get_as("a", HOUR, "attachment; filename=\"a b.mp4\"").unwrap().url;
        assert_eq!(query(&url, "response-content-disposition"), "attachment; filename=\"a b.mp4\"");
    }
}
