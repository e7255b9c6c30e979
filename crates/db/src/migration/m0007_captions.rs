//! Captions that people have given, and the revisions of the playlists that name them.

use super::Statements;

/// The previous release reads and writes videos without the two columns: its playlists then lack what people have given.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0007_captions",
    statements: &[
        "CREATE TABLE captions (
            video_id TEXT NOT NULL,
            language TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            object_key TEXT NOT NULL,
            size BIGINT NOT NULL,
            sha256 TEXT NOT NULL,
            updated_at BIGINT NOT NULL,
            PRIMARY KEY (video_id, language)
        )",
        // Grows with every change of a video's captions.
        "ALTER TABLE videos ADD COLUMN captions_revision BIGINT NOT NULL DEFAULT 0",
        // The one that the stored documents of the published generation know; 0 for none.
        "ALTER TABLE videos ADD COLUMN documents_revision BIGINT NOT NULL DEFAULT 0",
    ],
};
