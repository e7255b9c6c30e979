//! One file a command.

pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod image;
pub(crate) mod jobs;
pub(crate) mod migrate;
pub(crate) mod reconcile;
pub(crate) mod serve;
pub(crate) mod sign_in;
pub(crate) mod token;
pub(crate) mod verify;
pub(crate) mod worker;
