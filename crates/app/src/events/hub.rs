//! Where the reader and the listeners of a process meet.

use std::sync::Arc;

use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::LiveEvent;
use super::reader::Reader;
use crate::App;

/// Listeners of one process. Each holds a connection, of which there are 1024.
const MAX_LISTENERS: usize = 512;
/// Events that a listener may be behind before it reads the table instead.
const BUFFERED: usize = 1024;

/// How many listen, and for what.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Audience {
    pub(super) listeners: usize,
    /// Those among them who want to know how queues stand.
    pub(super) of_queues: usize,
}

/// The live events of one process.
#[derive(Debug)]
pub struct EventHub {
    pub(super) live: broadcast::Sender<Arc<LiveEvent>>,
    pub(super) audience: watch::Sender<Audience>,
    pub(super) places: Arc<Semaphore>,
    pub(super) closing: CancellationToken,
}

impl Default for EventHub {
    fn default() -> Self {
        Self {
            live: broadcast::Sender::new(BUFFERED),
            audience: watch::Sender::default(),
            places: Arc::new(Semaphore::new(MAX_LISTENERS)),
            closing: CancellationToken::new(),
        }
    }
}

impl EventHub {
    /// Starts following the table, from now on. The task ends after [`close`](Self::close).
    ///
    /// # Errors
    /// [`telecine_db::DbError`].
    pub async fn start(app: &Arc<App>) -> Result<JoinHandle<()>, telecine_db::DbError> {
        let reader = Reader::at_the_end(app.clone()).await?;
        Ok(tokio::spawn(reader.follow()))
    }

    /// Ends the reader and every listener.
    pub fn close(&self) {
        self.closing.cancel();
    }
}
