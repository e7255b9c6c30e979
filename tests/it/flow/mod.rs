//! A file's way from upload to playback and to its end.

mod browser;
mod crash;
mod delete;
mod hostile;
mod plays;
