//! The API as a client meets it: what is closed, what is refused, and with which words.

mod access;
mod answers;
mod captions;
mod cors;
mod events;
mod health;
mod imports;
mod jobs;
mod limits;
mod metrics;
mod queues;
mod sns;
mod storage_events;
mod telemetry;
mod tokens;
mod uploads;
mod uppy;
mod watch;
