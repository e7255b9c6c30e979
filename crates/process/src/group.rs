//! The process group of one child: who may be signalled, and until when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The group a child leads. Signals go to the whole group while its leader is not yet reaped; afterwards the number
/// may belong to somebody else, so nothing is sent any more.
#[derive(Debug, Clone)]
pub(crate) struct Group(Arc<Mutex<Option<Pid>>>);

/// Kills the group when dropped.
#[derive(Debug)]
pub(crate) struct KillOnDrop(pub(crate) Group);

impl Group {
    pub(crate) fn led_by(leader: Pid) -> Self {
        Self(Arc::new(Mutex::new(Some(leader))))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(leader) = *self.leader() {
            // The only error is that nobody is left, which is what a signal here is meant to reach.
            let _ = kill_process_group(leader, signal);
        }
    }

    /// Kills what is left of the group and closes it for good. Called after the leader has ended and before it is
    /// reaped, while its number cannot be given away.
    pub(crate) fn close(&self) {
        if let Some(leader) = self.leader().take() {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }

    fn leader(&self) -> MutexGuard<'_, Option<Pid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.signal(Signal::KILL);
    }
}
