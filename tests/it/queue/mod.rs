//! The contract of the job engine, on SQLite and PostgreSQL alike. Time is moved by hand.

mod bench;
mod chaos;
mod claims;
mod contract;
mod retry_all;
mod runs;
mod takeover;
