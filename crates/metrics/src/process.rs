//! What this process takes of the machine, as Linux tells it in `/proc`.

use crate::text::Text;

const BYTES_PER_KIB: u64 = 1024;

/// Memory and processor time; 0 for what the system does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessUse {
    /// Bytes of memory in use.
    pub resident_bytes: u64,
    /// The most that it was.
    pub peak_resident_bytes: u64,
    /// Bytes of address space.
    pub virtual_bytes: u64,
    /// Seconds of processor time in this process.
    pub cpu_s: f64,
    /// Seconds of processor time of child processes that have ended: ffmpeg above all.
    pub children_cpu_s: f64,
}

impl ProcessUse {
    /// What it is now.
    #[must_use]
    pub fn now() -> Self {
        let read = |file| std::fs::read_to_string(file).unwrap_or_default();
        Self::parse(&read("/proc/self/status"), &read("/proc/self/stat"), ticks_per_second())
    }

    /// Reads the two files as proc_pid_status(5) and proc_pid_stat(5) describe them.
    fn parse(status: &str, stat: &str, ticks_per_second: f64) -> Self {
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()
        };
        let bytes = |name| kib(name).unwrap_or_default() * BYTES_PER_KIB;
        // The program's name, in parentheses, may itself hold spaces and parentheses.
        let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        // utime is field 14 of the file, and the name is field 2.
        let ticks = |field: usize| {
            fields.get(field - 3).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default()
        };
        Self {
            resident_bytes: bytes("VmRSS"),
            peak_resident_bytes: bytes("VmHWM"),
            virtual_bytes: bytes("VmSize"),
            cpu_s: (ticks(14) + ticks(15)) / ticks_per_second,
            children_cpu_s: (ticks(16) + ticks(17)) / ticks_per_second,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "no machine has 2^53 bytes of memory")]
    pub(crate) fn write(&self, text: &mut Text) {
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Memory in use.", self.resident_bytes as f64),
            (
                "process_resident_memory_peak_bytes",
                "The most memory that was in use.",
                self.peak_resident_bytes as f64,
            ),
            ("process_virtual_memory_bytes", "Address space.", self.virtual_bytes as f64),
        ] {
            text.gauge(name, help);
            text.sample(name, &[], value);
        }
        for (name, help, value) in [
            ("process_cpu_seconds_total", "Processor time of this process.", self.cpu_s),
            (
                "telecine_children_cpu_seconds_total",
                "Processor time of tools such as ffmpeg that have ended.",
                self.children_cpu_s,
            ),
        ] {
            text.counter(name, help);
            text.sample(name, &[], value);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is 100")]
fn ticks_per_second() -> f64 {
    rustix::param::clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_what_linux_writes() {
        let status = "Name:\tx\nVmPeak:\t  900 kB\nVmSize:\t  800 kB\nVmHWM:\t  300 kB\nVmRSS:\t  200 kB\n";
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 200 0 0 150 50 300 100 20 0 3 0 1 1 1";
        let found = ProcessUse::parse(status, stat, 100.0);
        let expected = ProcessUse {
            resident_bytes: 200 * 1024,
            peak_resident_bytes: 300 * 1024,
            virtual_bytes: 800 * 1024,
            cpu_s: 2.0,
            children_cpu_s: 4.0,
        };
        assert_eq!(found, expected);
        assert_eq!(ProcessUse::parse("", "", 100.0), ProcessUse::default());
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(ProcessUse::now().resident_bytes > 0);
    }
}
