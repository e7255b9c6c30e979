//! What a child sees: the programs and libraries of the system, the files it was given, its working directory, and no
//! network.
//!
//! Landlock closes the file system; a seccomp filter closes sockets and the calls that no tool of ours has a use for. Both
//! hold for the child and everything it starts, and neither needs privileges. Where the kernel lacks one, the other and
//! the limits still hold; [`Confinement::here`] tells which is at work.

use std::path::{Path, PathBuf};

use crate::command::Command;

/// Where a program named without a slash is looked for, here and by the child.
pub(crate) const SEARCH_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";

/// What this machine's kernel keeps a child from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confinement {
    /// Files that it was not given (Landlock, Linux 5.13 and later).
    pub files: bool,
    /// Sockets (seccomp).
    pub network: bool,
}

/// The file that will be run; `None` when there is none, which starting it will say.
fn program_file(program: &Path) -> Option<PathBuf> {
    let is_bare = program.components().count() == 1;
    let bare = is_bare.then(|| SEARCH_PATH.split(':').map(|folder| Path::new(folder).join(program)));
    let found = bare.into_iter().flatten().find(|file| file.is_file());
    found.or_else(|| (!is_bare).then(|| program.to_owned()))?.canonicalize().ok()
}

#[cfg(target_os = "linux")]
pub(crate) use linux::Sandbox;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::io;
    use std::sync::OnceLock;
    use std::thread;

    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
        RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
    };
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

    use super::{Command, Confinement, Path, program_file};

    /// The rights that are taken away; an older kernel takes those it knows.
    const RIGHTS: ABI = ABI::V6;

    /// Programs and libraries. None of it is anybody's secret.
    const SYSTEM: &[&str] = &[
        "/bin",
        "/sbin",
        "/lib",
        "/lib32",
        "/lib64",
        "/usr/bin",
        "/usr/sbin",
        "/usr/lib",
        "/usr/lib32",
        "/usr/lib64",
        "/usr/local/bin",
        "/usr/local/sbin",
        "/usr/local/lib",
        "/nix/store",
        "/gnu/store",
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
    ];

    /// Devices that hold nothing.
    const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"];

    /// Calls that fail with EPERM: new sockets, the ring that would open them past the filter, and whatever reaches into
    /// other processes, namespaces, mounts or the kernel.
    const REFUSED: &[libc::c_long] = &[
        libc::SYS_socket,
        libc::SYS_io_uring_setup,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_keyctl,
        libc::SYS_open_by_handle_at,
    ];

    /// A sandbox made ready before the fork, so that entering it takes system calls only.
    #[derive(Debug)]
    pub(crate) struct Sandbox {
        files: Option<RulesetCreated>,
        calls: Option<&'static BpfProgram>,
    }

    impl Sandbox {
        /// The sandbox of a command.
        pub(crate) fn of(command: &Command) -> io::Result<Self> {
            let program = program_file(&command.program);
            let beside = |file: &'_ Path| {
                if command.is_alone { Some(file.to_owned()) } else { file.parent().map(Path::to_owned) }
            };
            let opened = program.as_deref().and_then(beside);
            let run = AccessFs::from_read(RIGHTS);
            let read = AccessFs::ReadFile | AccessFs::ReadDir;
            let write = AccessFs::from_all(RIGHTS) & !BitFlags::from(AccessFs::Execute);
            let system = SYSTEM.iter().map(Path::new).chain(opened.as_deref()).map(|path| (path, run));
            let devices =
                DEVICES.iter().map(|path| (Path::new(path), AccessFs::ReadFile | AccessFs::WriteFile));
            let given = command.readable.iter().map(|path| (path.as_path(), read));
            let own = [(command.working_dir.as_path(), write)];
            let files =
                closed_files(system.chain(devices).chain(given).chain(own)).map_err(io::Error::other)?;
            Ok(Self { files: Some(files), calls: refused_calls() })
        }

        /// Closes the calling thread in, for good. Between fork and exec it makes system calls only: no allocation, no
        /// lock. An error when it was entered before.
        pub(crate) fn enter(&mut self) -> io::Result<Confinement> {
            let refused = || io::Error::from(io::ErrorKind::PermissionDenied);
            let files = self.files.take().ok_or_else(refused)?;
            let status = files.restrict_self().map_err(|_| refused())?;
            let network = match self.calls {
                Some(filter) => seccompiler::apply_filter(filter).is_ok(),
                None => false,
            };
            Ok(Confinement { files: status.ruleset != RulesetStatus::NotEnforced, network })
        }
    }

    impl Confinement {
        /// Tries it, in a thread that ends afterwards.
        #[must_use]
        pub fn here() -> Self {
            let tried = thread::spawn(|| {
                Sandbox::of(&Command::new("true", "/")).and_then(|mut sandbox| sandbox.enter())
            });
            tried.join().ok().and_then(Result::ok).unwrap_or(Self { files: false, network: false })
        }
    }

    fn closed_files<'a>(
        mut opened: impl Iterator<Item = (&'a Path, BitFlags<AccessFs>)>,
    ) -> Result<RulesetCreated, RulesetError> {
        let closed = Ruleset::default()
            .handle_access(AccessFs::from_all(RIGHTS))?
            .handle_access(AccessNet::from_all(RIGHTS))?
            .scope(Scope::from_all(RIGHTS))?
            .create()?;
        opened.try_fold(closed, |closed, (path, rights)| {
            // What is not there cannot be opened either.
            let Ok(file) = PathFd::new(path) else { return Ok(closed) };
            let rights = if path.is_dir() { rights } else { rights & AccessFs::from_file(RIGHTS) };
            closed.add_rule(PathBeneath::new(file, rights))
        })
    }

    /// The filter, compiled once; `None` on an architecture that it is not made for.
    fn refused_calls() -> Option<&'static BpfProgram> {
        static FILTER: OnceLock<Option<BpfProgram>> = OnceLock::new();
        let compile = || {
            let rules: BTreeMap<_, _> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
            let refuse = SeccompAction::Errno(libc::EPERM.cast_unsigned());
            let architecture = std::env::consts::ARCH.try_into().ok()?;
            let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, architecture).ok()?;
            filter.try_into().ok()
        };
        FILTER.get_or_init(compile).as_ref()
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::Sandbox;

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    use super::{Command, Confinement};

    /// Nothing: limits and the tools' own allow-lists are what other systems have.
    #[derive(Debug)]
    pub(crate) struct Sandbox;

    impl Sandbox {
        pub(crate) fn of(_: &Command) -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) fn enter(&mut self) -> io::Result<Confinement> {
            Ok(Confinement::here())
        }
    }

    impl Confinement {
        /// Nothing is kept closed here.
        #[must_use]
        pub fn here() -> Self {
            Self { files: false, network: false }
        }
    }
}
