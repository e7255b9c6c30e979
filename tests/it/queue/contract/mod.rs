//! What every engine promises: the embedded one on SQLite and PostgreSQL, and the one on BullMQ.

mod clocks;
mod limits;
mod order;
mod people;
mod runs;
mod schedules;
mod trees;
mod world;
