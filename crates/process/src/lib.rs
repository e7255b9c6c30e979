//! Child processes under control: ffmpeg and ffprobe read files made by strangers, so every run has a limit on
//! everything, sees nothing of our environment, of other files and of the network, and leaves no process behind, however it
//! ends.
//!
//! ```text
//! Command -> Running (pipes, Activity) -> Outcome (Ending, stdout, the last lines of stderr)
//! ```
//!
//! One thread per child spawns it, waits for it and reaps it. Linux ties the parent-death signal to the *thread*
//! that spawned the child; a thread that lives exactly as long as the child makes that right by construction.

mod activity;
mod capture;
mod command;
mod cpu;
mod group;
mod limits;
mod outcome;
mod pipe;
mod running;
mod sandbox;
mod spawn;

pub use activity::{Activity, Hold};
pub use command::{Command, SpawnError};
pub use limits::Limits;
pub use outcome::{Ending, Outcome};
pub use pipe::PipeReader;
pub use running::Running;
pub use sandbox::Confinement;
