//! The real tools over real files: every reference clip gives its stated result, every hostile one its code, and
//! nothing is left behind when a run ends early.

mod boxes;
mod checks;
mod chunks;
mod clips;
mod collection;
mod faults;
mod formats;
mod loudness;
mod playback;
mod refusals;
mod resume;
mod source;
mod subtitles;
mod support;
mod sync;
mod wishes;
