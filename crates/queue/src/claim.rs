//! A claim that is still being written down when its run begins.

use tokio::sync::watch;

/// Tells whether the claim was written. Whoever writes it drops the sender, or sends whether the row is the run's.
#[derive(Debug, Clone)]
pub(crate) struct PendingClaim(watch::Receiver<Option<bool>>);

impl PendingClaim {
    pub(crate) fn new() -> (watch::Sender<Option<bool>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.0.borrow().is_none()
    }

    /// Waits for the row; `false` when it is not the run's.
    pub(crate) async fn is_held(&self) -> bool {
        self.0.clone().wait_for(Option::is_some).await.is_ok_and(|held| *held == Some(true))
    }

    /// Returns when the row is not the run's, else never.
    pub(crate) async fn is_refused(&self) {
        if self.is_held().await {
            std::future::pending::<()>().await;
        }
    }
}
