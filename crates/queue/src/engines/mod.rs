//! The engines that hand jobs to a worker. The `jobs` table is the truth in each.

pub(crate) mod bullmq;
pub(crate) mod table;
