//! Every way a child can end, with real processes.

mod endings;
mod leftovers;
mod limits;
mod sandbox;
mod support;
