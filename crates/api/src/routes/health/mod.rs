//! `/health`: for load balancers and whoever starts processes again.

pub(crate) mod live;
pub(crate) mod ready;
pub(crate) mod summary;
