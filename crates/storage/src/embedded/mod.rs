//! The embedded S3 endpoint: a folder that speaks S3, so that development and production run the same lines.
//!
//! [`EmbeddedServer::open`] locks the folder, finishes what a killed process had begun, and loads the key pair;
//! [`EmbeddedServer::serve`] answers until it is told to stop. How bytes become durable is told in `store`, where they
//! lie in `layout`.

mod answer;
mod checksum;
mod condition;
mod copy;
mod cors;
mod credentials;
mod drain;
mod durable;
mod failure;
mod form;
mod guard;
mod headers;
mod key_path;
mod layout;
mod list;
mod locks;
mod parts;
mod pins;
mod receive;
mod record;
mod recover;
mod send;
mod server;
mod space;
mod store;
mod sweep;
mod verbs;
mod walk;
mod write;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use secrecy::ExposeSecret as _;
use telecine_model::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use credentials::Credentials;

use crate::config::EmbeddedConfig;

use cors::Cors;
use server::Endpoint;
use space::Space;
use store::Store;
use verbs::Verbs;

/// XML a client may send: a Complete of 10 000 parts with checksums takes 3 MB.
const MAX_XML_BYTES: usize = 4 * 1024 * 1024;

/// Why the embedded store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process serves this folder.
    #[error("{} is in use by another process; two must never share a store", root.display())]
    InUse {
        /// The folder of the store.
        root: PathBuf,
    },
    /// The folder cannot be read or written.
    #[error("cannot open the store in {}", root.display())]
    Disk {
        /// The folder of the store.
        root: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A store in a folder, ready to be served. The folder stays locked until the server and its last write are gone.
pub struct EmbeddedServer {
    store: Store,
    credentials: Credentials,
    cors: Cors,
    upload_max_age: Option<Duration>,
}

impl EmbeddedServer {
    /// Opens the store in `root`, creating it when there is none, and finishes what was interrupted.
    /// `clock` gives the times of objects; signatures are checked against the machine's clock.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when another process has the folder, [`OpenError::Disk`] when it cannot be used.
    pub async fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let root = root.to_owned();
        let opened = tokio::task::spawn_blocking(move || open(&root, clock));
        opened.await.unwrap_or_else(|panic| {
            Err(OpenError::Disk { root: PathBuf::new(), source: io::Error::other(panic) })
        })
    }

    /// The same server with these settings, of which it does not need the address.
    #[must_use]
    pub fn with_config(mut self, config: &EmbeddedConfig) -> Self {
        self.cors = Cors::new(config.cors_origins.clone());
        self.store.space = Space::new(self.store.root.clone(), config.reserve_bytes());
        self.upload_max_age = config.upload_max_age();
        self
    }

    /// The key pair that signs requests to this store.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Answers on `listener` until `shutdown`, then gives running requests ten seconds to finish.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let store = Arc::new(self.store);
        let endpoint = Endpoint {
            s3: service(&store, &self.credentials),
            store: Arc::clone(&store),
            credentials: self.credentials,
            cors: self.cors,
        };
        let sweeping = sweep::run(Arc::clone(&store), self.upload_max_age, shutdown.clone());
        tokio::join!(server::serve(Arc::new(endpoint), listener, shutdown), sweeping);
        // A client that was cut off may have left a commit behind; the folder is given up after it.
        store.running.close();
        store.running.wait().await;
    }
}

fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<EmbeddedServer, OpenError> {
    let disk = |source| OpenError::Disk { root: root.to_owned(), source };
    create_private(root).map_err(disk)?;
    let lock = File::create(root.join(".lock")).map_err(disk)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::InUse { root: root.to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(disk(source)),
    }
    let store = Store::new(root.to_owned(), clock, lock);
    recover::recover(&store).map_err(disk)?;
    let credentials = credentials::load_or_create(root).map_err(disk)?;
    Ok(EmbeddedServer { store, credentials, cors: Cors::default(), upload_max_age: None })
}

/// A new folder is for its owner only: it holds the users' files and the secret.
fn create_private(root: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(root)
}

fn service(store: &Arc<Store>, credentials: &Credentials) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Verbs(Arc::clone(store)));
    let secret = credentials.secret_access_key.expose_secret();
    builder.set_auth(SimpleAuth::from_single(credentials.access_key_id.clone(), secret));
    let mut config = S3Config::default();
    config.xml_max_body_size = MAX_XML_BYTES;
    // Forms are answered before they get here; should one slip through, it is not read into memory.
    config.post_object_max_file_size = 0;
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.build()
}
