//! What has been stored of outputs that are still being made.

use super::Statements;

pub(super) const MIGRATION: Statements = Statements {
    name: "m0006_recordings",
    statements: &["CREATE TABLE recordings (
            video_id TEXT NOT NULL,
            generation BIGINT NOT NULL,
            rendition TEXT NOT NULL,
            seq BIGINT NOT NULL,
            entry TEXT NOT NULL,
            PRIMARY KEY (video_id, generation, rendition, seq)
        )"],
};
