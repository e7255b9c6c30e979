//! BullMQ through npm: producers, workers and dashboards in Node, of versions 5 and 6, on the same Redis as we are.

mod bench;
mod driver;
mod from_node;
mod guards;
mod ours;
mod recovery;
