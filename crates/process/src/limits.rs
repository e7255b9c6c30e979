//! What a child may use at most, and how the kernel is told.

use std::io;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Seconds between the soft CPU limit (SIGXCPU, which lets a tool end in order) and the hard one (SIGKILL).
const CPU_GRACE_SECONDS: u64 = 5;

/// Priority handed away: media work must not starve the API on the same machine.
const NICE: i32 = 10;

/// What a child may use at most. `None` leaves that limit as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Time from start to end, whatever the child does.
    pub wall: Option<Duration>,
    /// Time without a byte on any pipe and without a [`Hold`](crate::Hold), after which the child counts as hung; ten times
    /// as long while it computes.
    pub silence: Option<Duration>,
    /// Processor time in seconds over all threads (RLIMIT_CPU).
    pub cpu_seconds: Option<u64>,
    /// Address space in bytes (RLIMIT_AS).
    pub address_space_bytes: Option<u64>,
    /// Size in bytes of any file the child writes (RLIMIT_FSIZE); pipes do not count.
    pub file_size_bytes: Option<u64>,
}

impl Limits {
    /// Applies the kernel's share to the calling process. Makes system calls only, no allocation: it runs between
    /// fork and exec.
    pub(crate) fn apply(&self) -> io::Result<()> {
        lower(Resource::Core, 0, 0)?;
        if let Some(seconds) = self.cpu_seconds {
            lower(Resource::Cpu, seconds, seconds + CPU_GRACE_SECONDS)?;
        }
        if let Some(bytes) = self.address_space_bytes {
            lower(Resource::As, bytes, bytes)?;
        }
        if let Some(bytes) = self.file_size_bytes {
            lower(Resource::Fsize, bytes, bytes)?;
        }
        rustix::process::nice(NICE)?;
        Ok(())
    }
}

/// Sets a limit, but never above the hard limit already in force: raising that one needs privileges.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let ceiling = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let limit = Rlimit { current: Some(soft.min(ceiling)), maximum: Some(hard.min(ceiling)) };
    Ok(setrlimit(resource, limit)?)
}
