//! Whether the parts that this process works with are well. `telecine doctor` looks at more, before there is a process.

use std::fmt::Display;

use bytes::Bytes;
use telecine_storage::{ObjectStore, StoreError};
use telecine_video::doctor::{check_ffmpeg, check_ffprobe, sandbox};
use tokio::sync::Mutex;

use crate::App;

/// One check at a time in a process: each starts children.
static TURN: Mutex<()> = Mutex::const_new(());
const PROBE: &[u8] = b"telecine";

/// What one check found.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// Whether it can do its work.
    pub is_ok: bool,
    /// What was seen, or what to do.
    pub detail: String,
}

impl Finding {
    fn of(what: &'static str, checked: Result<String, impl Display>) -> Self {
        match checked {
            Ok(detail) => Self { what, is_ok: true, detail },
            Err(error) => Self { what, is_ok: false, detail: error.to_string() },
        }
    }
}

/// The object that was read back is not the one that was written.
#[derive(Debug, thiserror::Error)]
pub enum StorageTrouble {
    /// Storage refused, or did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It answered with something else.
    #[error("the object read back differs from the one written")]
    Differs,
}

/// Looks at the database, storage, the tools and what they are kept from. Takes a second or two.
pub async fn findings(app: &App) -> Vec<Finding> {
    let _turn = TURN.lock().await;
    let storage = write_and_read(&app.store).await.map(|()| "written, read and removed an object".to_owned());
    let (ffmpeg, ffprobe) = tools(app).await;
    vec![
        Finding::of("database", database(app).await),
        Finding::of("object storage", storage),
        Finding::of("ffmpeg", ffmpeg),
        Finding::of("ffprobe", ffprobe),
        Finding::of("sandbox", Ok::<_, String>(sandbox())),
    ]
}

/// Writes an object, reads it back, and removes it.
///
/// # Errors
/// [`StorageTrouble`].
pub async fn write_and_read(store: &ObjectStore) -> Result<(), StorageTrouble> {
    // Other processes look at the same bucket.
    let key = format!("doctor/probe-{}", std::process::id());
    store.put_bytes(&key, "text/plain", None, Bytes::from_static(PROBE)).await?;
    let read = store.get_bytes(&key, 100).await?;
    store.delete(&key).await?;
    if read.as_ref() == PROBE { Ok(()) } else { Err(StorageTrouble::Differs) }
}

async fn database(app: &App) -> Result<String, telecine_db::DbError> {
    let pending = app.db.pending_migrations().await?;
    let kind = if app.db.is_shared() { "PostgreSQL" } else { "SQLite" };
    Ok(match pending.len() {
        0 => format!("{kind}, schema up to date"),
        count => format!("{kind}, {count} migrations run at the next start"),
    })
}

async fn tools(app: &App) -> (Result<String, String>, Result<String, String>) {
    let folder = match app.scratch.folder("doctor").await {
        Ok(folder) => folder,
        Err(error) => return (Err(error.to_string()), Err(error.to_string())),
    };
    let ffmpeg = check_ffmpeg(&app.video, folder.path()).await.map_err(|error| error.to_string());
    let ffprobe = check_ffprobe(&app.video, folder.path()).await.map_err(|error| error.to_string());
    folder.remove().await;
    (ffmpeg, ffprobe)
}
