//! How a run ended.

/// Why a child is no longer running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It ended by itself with this exit code.
    Exited(i32),
    /// Somebody else killed it with this signal (the kernel's OOM killer sends 9).
    Signalled(i32),
    /// The wall limit passed and we ended it.
    TimedOut,
    /// It gave no sign of life for the silence limit and we ended it.
    Silent,
    /// The caller cancelled and we ended it.
    Cancelled,
    /// It used up its processor time.
    CpuLimit,
}

/// Everything known after a run.
#[derive(Debug)]
pub struct Outcome {
    /// Why it is no longer running.
    pub ending: Ending,
    /// The first bytes of stdout, up to the cap of the command.
    pub stdout: Vec<u8>,
    /// Whether stdout was longer than its cap.
    pub is_stdout_cut: bool,
    /// The last 64 KiB of stderr; bytes that are no UTF-8 are replaced.
    pub stderr_tail: String,
}

impl Outcome {
    /// Whether the child ended by itself with exit code 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.ending == Ending::Exited(0)
    }

    /// The last `count` lines of stderr, for messages.
    #[must_use]
    pub fn last_lines(&self, count: usize) -> String {
        let lines: Vec<&str> = self.stderr_tail.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }
}
