//! Who is there to run jobs: long work is split when others are idle.

use super::Statements;

/// One row for each queue that a worker takes jobs of. Workers of the previous release have none and are not counted.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0009_workers",
    statements: &["CREATE TABLE workers (
            name TEXT NOT NULL,
            queue TEXT NOT NULL,
            places BIGINT NOT NULL,
            seen_at BIGINT NOT NULL,
            PRIMARY KEY (name, queue)
        )"],
};
