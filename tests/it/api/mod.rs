//! The API as a client meets it: what is closed, what is refused, and with which words.

mod access;
mod answers;
mod cors;
mod events;
mod health;
mod limits;
mod metrics;
mod sns;
mod storage_events;
mod telemetry;
mod uploads;
mod uppy;
