//! S3 endpoints to test against: the embedded one, and a server of your own when the environment names one.

use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use telecine_model::{Clock, SystemClock};
use telecine_storage::embedded::{Credentials, EmbeddedServer};
use telecine_storage::{EmbeddedConfig, ObjectStore, StorageConfig};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::raw_s3::RawS3;

/// An embedded endpoint on a free port of this machine.
pub struct RunningServer {
    /// Where it listens.
    pub endpoint: Url,
    /// Its key pair.
    pub credentials: Credentials,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl RunningServer {
    /// Serves the store in `root`.
    pub async fn start(root: &Path) -> Self {
        Self::start_with(root, Arc::new(SystemClock), &EmbeddedConfig::default()).await
    }

    /// Serves the store in `root` with these settings.
    pub async fn start_with(root: &Path, clock: Arc<dyn Clock>, config: &EmbeddedConfig) -> Self {
        let server = EmbeddedServer::open(root, clock).await.unwrap().with_config(config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let (credentials, shutdown) = (server.credentials().clone(), CancellationToken::new());
        let task = tokio::spawn(server.serve(listener, shutdown.clone()));
        Self { endpoint, credentials, shutdown, task }
    }

    /// Stops and waits for the end.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    /// A bucket on this server, not created yet.
    #[must_use]
    pub fn bucket(&self, name: &str) -> TestBucket {
        TestBucket::new(&self.endpoint, &self.credentials, name, Arc::new(SystemClock))
    }
}

/// A bucket, and the two ways to talk to it.
pub struct TestBucket {
    /// The client under test.
    pub store: ObjectStore,
    /// Requests that no client would send.
    pub raw: RawS3,
    config: StorageConfig,
}

impl TestBucket {
    /// A bucket that may not exist yet.
    #[must_use]
    pub fn new(endpoint: &Url, credentials: &Credentials, name: &str, clock: Arc<dyn Clock>) -> Self {
        let config = StorageConfig {
            endpoint: Some(endpoint.clone()),
            bucket: name.to_owned(),
            access_key_id: Some(credentials.access_key_id.clone()),
            secret_access_key: Some(credentials.secret_access_key.clone()),
            ..StorageConfig::default()
        };
        Self {
            store: ObjectStore::new(&config, clock).unwrap(),
            raw: RawS3::new(endpoint, credentials.clone(), name),
            config,
        }
    }

    /// The same bucket with another secret.
    #[must_use]
    pub fn with_secret(&self, secret: &str) -> Self {
        let access_key_id = self.config.access_key_id.clone().unwrap();
        let credentials = Credentials { access_key_id, secret_access_key: secret.into() };
        let endpoint = self.config.endpoint.clone().unwrap();
        Self::new(&endpoint, &credentials, &self.config.bucket, Arc::new(SystemClock))
    }

    /// The same bucket through a client with another clock.
    #[must_use]
    pub fn store_with_clock(&self, clock: Arc<dyn Clock>) -> ObjectStore {
        ObjectStore::new(&self.config, clock).unwrap()
    }

    /// The same bucket through a client with another secret.
    #[must_use]
    pub fn store_with_secret(&self, secret: &str) -> ObjectStore {
        let config = StorageConfig { secret_access_key: Some(secret.into()), ..self.config.clone() };
        ObjectStore::new(&config, Arc::new(SystemClock)).unwrap()
    }
}

/// The server that `S3_TEST_ENDPOINT`, `S3_TEST_ACCESS_KEY` and `S3_TEST_SECRET_KEY` name.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a test server is named on the command line of the tests")]
pub fn named_server() -> Option<(Url, Credentials)> {
    let read = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let endpoint = Url::parse(&read("S3_TEST_ENDPOINT")?).unwrap();
    let secret_access_key: SecretString = read("S3_TEST_SECRET_KEY")?.into();
    assert!(!secret_access_key.expose_secret().is_empty());
    Some((endpoint, Credentials { access_key_id: read("S3_TEST_ACCESS_KEY")?, secret_access_key }))
}
