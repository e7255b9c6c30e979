//! Watermarks that videos have of their own.

use super::Statements;

/// Images of up to a megabyte, which are read once for each processing; they go with the row, in one transaction. What is NULL
/// is as the settings say. SQLite keeps bytes as they are in a column of any type.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0010_watermarks",
    statements: &["CREATE TABLE watermarks (
            video_id TEXT NOT NULL PRIMARY KEY,
            image BYTEA NOT NULL,
            position TEXT,
            width DOUBLE PRECISION,
            margin DOUBLE PRECISION,
            opacity DOUBLE PRECISION
        )"],
};
