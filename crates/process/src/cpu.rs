//! How much of the processor a child has used.

use std::time::Duration;

use rustix::process::Pid;

/// Processor time of a child that is not reaped yet, over all its threads: fields 14 and 15 of `/proc/<pid>/stat`, in
/// clock ticks (proc_pid_stat(5)). `None` where there is no such file. The name in field 2 may hold anything, so
/// counting starts after its closing parenthesis.
pub(crate) fn used(pid: Pid) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let mut after_name = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = after_name.next()?.parse().ok()?;
    let system: u64 = after_name.next()?.parse().ok()?;
    let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
    Some(Duration::from_millis((user + system) * 1000 / ticks_per_second))
}
