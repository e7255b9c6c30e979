//! The API as a client meets it: what is closed, what is refused, and with which words.

mod access;
mod answers;
mod cors;
mod jobs;
mod limits;
mod queues;
mod sns;
mod storage_events;
mod uploads;
mod uppy;
