//! Uploads: who opened them, and those whose size is not announced.

use super::Statements;

/// Both columns may be null, as the previous release leaves them. It takes the modes it does not know for one PUT of no
/// bytes, which it never completes.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0002_uploads",
    statements: &[
        "ALTER TABLE uploads ADD COLUMN owner TEXT",
        "ALTER TABLE uploads ADD COLUMN mode TEXT",
        // Serves the limits of an owner.
        "CREATE INDEX uploads_open_of_owner ON uploads (owner) WHERE status = 'open'",
    ],
};
