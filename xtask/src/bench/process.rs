//! Processes under measurement: started, waited for until they say they are ready, weighed, and stopped.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Pages are 4 KiB and ticks 100 a second on every Linux that this runs on; `getconf` says so too.
const PAGE_KIB: u64 = 4;
const TICKS_PER_S: f64 = 100.0;

/// User and system seconds of this process so far.
pub(super) fn own_cpu_s() -> anyhow::Result<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a process does not run for 2^52 seconds")]
    Ok(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

/// The most resident memory of this process so far, in MB.
pub(super) fn own_peak_rss_mb() -> anyhow::Result<f64> {
    peak_rss_mb("self")
}

/// User and system seconds of every process that was started by this one, or by one of those, and has been waited for.
pub(super) fn children_cpu_s() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = ticks(13).zip(ticks(14)).context("/proc/self/stat is readable")?;
    Ok((user + system) / TICKS_PER_S)
}

/// The most resident memory so far of any process below this one that is running now, in MB.
pub(super) fn peak_rss_mb_of_descendants() -> f64 {
    descendants().iter().map(|process| peak_rss_mb(process).unwrap_or_default()).fold(0.0, f64::max)
}

/// The resident memory of all processes below this one together, in MB; pages that they share count in each.
pub(super) fn resident_mb_of_descendants() -> f64 {
    descendants().iter().map(|process| resident_mb(process).unwrap_or_default()).sum()
}

/// The same with pages that they share counted once, in parts.
pub(super) fn pss_mb_of_descendants() -> f64 {
    descendants().iter().map(|process| pss_mb(process).unwrap_or_default()).sum()
}

/// The processes below this one that are running now.
fn descendants() -> Vec<String> {
    let (mut found, mut parents) = (Vec::new(), vec![std::process::id().to_string()]);
    while let Some(parent) = parents.pop() {
        let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace() {
                found.push(child.to_owned());
                parents.push(child.to_owned());
            }
        }
    }
    found
}

fn peak_rss_mb(process: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.context("/proc/PID/status is readable")? * 1024.0 / 1e6)
}

fn resident_mb(process: &str) -> anyhow::Result<f64> {
    let statm = std::fs::read_to_string(format!("/proc/{process}/statm"))?;
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).context("statm")?;
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 KiB")]
    Ok((pages * PAGE_KIB) as f64 * 1024.0 / 1e6)
}

fn pss_mb(process: &str) -> anyhow::Result<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.context("/proc/PID/smaps_rollup is readable")? * 1024.0 / 1e6)
}

/// A started process.
pub(super) struct Measured {
    child: Child,
    // Held open: a program that logs to a closed pipe may end or hang.
    _stdout: BufReader<ChildStdout>,
    /// Seconds from the start to the line that says it is ready.
    pub(super) start_s: f64,
}

impl Measured {
    /// Starts the command and waits for the line on stdout that contains `ready`.
    pub(super) fn start(command: &mut Command, ready: &str) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        let mut line = String::new();
        while !line.contains(ready) {
            line.clear();
            if stdout.read_line(&mut line)? == 0 {
                bail!("{command:?} ended before it was ready");
            }
        }
        Ok(Self { child, _stdout: stdout, start_s: begun.elapsed().as_secs_f64() })
    }

    /// User and system seconds so far.
    pub(super) fn cpu_s(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold spaces; everything after it is numbers. See proc_pid_stat(5).
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
        let (user, system) = ticks(11).zip(ticks(12)).context("/proc/PID/stat is readable")?;
        Ok((user + system) / TICKS_PER_S)
    }

    /// The most resident memory so far, in MB.
    pub(super) fn peak_rss_mb(&self) -> anyhow::Result<f64> {
        peak_rss_mb(&self.child.id().to_string())
    }

    /// Resident memory in MB.
    pub(super) fn rss_mb(&self) -> anyhow::Result<f64> {
        resident_mb(&self.child.id().to_string())
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(15) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
