//! Videos that are processed again.

use super::Statements;

/// `live_generation`: the verified generation that viewers keep while another one is made.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0008_reprocess",
    statements: &["ALTER TABLE videos ADD COLUMN live_generation BIGINT"],
};
