//! The ledger of objects, and the digest that a client may announce.

use super::Statements;

pub(super) const MIGRATION: Statements = Statements {
    name: "m0003_ledger",
    statements: &[
        "CREATE TABLE objects (
        object_key TEXT NOT NULL PRIMARY KEY,
        owner TEXT NOT NULL,
        generation BIGINT NOT NULL,
        size BIGINT NOT NULL,
        checksum TEXT,
        created_at BIGINT NOT NULL
    )",
        // Serves everything else that is asked: the objects of a video, of one of its generations, and the next owner.
        "CREATE INDEX objects_owner ON objects (owner, generation)",
        "ALTER TABLE uploads ADD COLUMN sha256 TEXT",
        // Sessions of an earlier release have no job that looks after them.
        "INSERT INTO jobs (id, queue, name, data, state, priority, run_at, max_attempts, attempts_made, backoff_ms, stalled,
            token, cancel_requested, progress, created_at)
        SELECT 'expire-upload-' || video_id, 'cleanup', 'expire-upload', '{\"videoId\":\"' || video_id || '\"}', 'waiting', 0,
            expires_at, 1000, 0, 5000, 0, 0, FALSE, 0, created_at
        FROM uploads WHERE status = 'open'",
    ],
};
