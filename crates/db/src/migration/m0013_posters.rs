//! Which moment of a video its poster shows.

use super::Statements;

/// Null shows what the encoder has chosen, as the previous release does always.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0013_posters",
    statements: &["ALTER TABLE videos ADD COLUMN poster_s DOUBLE PRECISION"],
};
