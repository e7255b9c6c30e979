//! Videos, uploads, jobs, settings and API tokens.

use super::Statements;

/// Plain SQL that both databases read alike: BIGINT and DOUBLE PRECISION are INTEGER and REAL to SQLite.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0001_foundation",
    statements: &[
        "CREATE TABLE videos (
        id TEXT NOT NULL PRIMARY KEY,
        title TEXT NOT NULL,
        status TEXT NOT NULL,
        playable BOOLEAN NOT NULL,
        progress DOUBLE PRECISION NOT NULL,
        generation BIGINT NOT NULL,
        published_generation BIGINT,
        source_size BIGINT NOT NULL,
        source_etag TEXT,
        duration_s DOUBLE PRECISION,
        width INTEGER,
        height INTEGER,
        outputs TEXT,
        failure_code TEXT,
        failure_message TEXT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        deleted_at BIGINT
    )",
        "CREATE TABLE uploads (
        id TEXT NOT NULL PRIMARY KEY,
        video_id TEXT NOT NULL UNIQUE REFERENCES videos (id),
        status TEXT NOT NULL,
        filename TEXT NOT NULL,
        content_type TEXT NOT NULL,
        size BIGINT NOT NULL,
        part_size BIGINT,
        part_count INTEGER,
        storage_upload_id TEXT,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL
    )",
        "CREATE TABLE jobs (
        id TEXT NOT NULL PRIMARY KEY,
        queue TEXT NOT NULL,
        name TEXT NOT NULL,
        data TEXT NOT NULL,
        subject TEXT,
        state TEXT NOT NULL,
        priority INTEGER NOT NULL,
        run_at BIGINT NOT NULL,
        max_attempts INTEGER NOT NULL,
        attempts_made INTEGER NOT NULL,
        backoff_ms BIGINT NOT NULL,
        stalled INTEGER NOT NULL,
        token BIGINT NOT NULL,
        worker TEXT,
        lease_until BIGINT,
        cancel_requested BOOLEAN NOT NULL,
        progress DOUBLE PRECISION NOT NULL,
        failed_code TEXT,
        failed_reason TEXT,
        created_at BIGINT NOT NULL,
        started_at BIGINT,
        finished_at BIGINT
    )",
        "CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE api_tokens (hash TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_at BIGINT NOT NULL)",
        // Each index serves one statement of jobs/: claim, next due, recover, prune, and the jobs of a subject.
        "CREATE INDEX jobs_waiting ON jobs (queue, priority, created_at, id) WHERE state = 'waiting'",
        "CREATE INDEX jobs_due ON jobs (queue, run_at) WHERE state = 'waiting'",
        "CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'active'",
        "CREATE INDEX jobs_finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL",
        "CREATE INDEX jobs_subject ON jobs (subject) WHERE subject IS NOT NULL",
    ],
};
