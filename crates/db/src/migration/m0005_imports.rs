//! Videos that other programs know under an id of their own.

use super::Statements;

pub(super) const MIGRATION: Statements = Statements {
    name: "m0005_imports",
    statements: &[
        "ALTER TABLE videos ADD COLUMN external_id TEXT",
        "CREATE UNIQUE INDEX videos_external ON videos (external_id) WHERE external_id IS NOT NULL",
    ],
};
