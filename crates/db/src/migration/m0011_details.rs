//! What people tell about a video, and who may watch it.

use super::Statements;

/// `tags` is a JSON array of texts. The previous release shows and writes videos without these.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0011_details",
    statements: &[
        "ALTER TABLE videos ADD COLUMN description TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE videos ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private'",
        "ALTER TABLE videos ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
    ],
};
