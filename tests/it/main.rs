//! The integration tests of all rooms, driven from outside.

mod storage;
