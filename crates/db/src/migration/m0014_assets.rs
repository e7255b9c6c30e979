//! Images, the media cache, and movies with their episodes.

use super::Statements;

/// The previous release does not know these tables, nor the owners that their objects have in the ledger: its
/// `telecine reconcile` stops at them, and everything else works on.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0014_assets",
    statements: &[
        "CREATE TABLE images (
            id TEXT NOT NULL PRIMARY KEY,
            external_id TEXT,
            title TEXT NOT NULL,
            status TEXT NOT NULL,
            progress DOUBLE PRECISION NOT NULL,
            origin TEXT,
            wish TEXT NOT NULL,
            revision BIGINT NOT NULL,
            content_type TEXT NOT NULL,
            size BIGINT NOT NULL,
            sha256 TEXT,
            upload_owner TEXT,
            expires_at BIGINT,
            source_etag TEXT,
            batch TEXT,
            report TEXT,
            failure_code TEXT,
            failure_message TEXT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            deleted_at BIGINT
        )",
        "CREATE UNIQUE INDEX images_external ON images (external_id) WHERE deleted_at IS NULL",
        // A file that one or several assets have.
        "CREATE TABLE cache_objects (
            batch TEXT NOT NULL PRIMARY KEY,
            sha256 TEXT NOT NULL,
            size BIGINT NOT NULL,
            content_type TEXT NOT NULL,
            width INTEGER,
            height INTEGER,
            created_at BIGINT NOT NULL
        )",
        "CREATE UNIQUE INDEX cache_objects_sha256 ON cache_objects (sha256)",
        "CREATE TABLE cache_assets (
            id TEXT NOT NULL PRIMARY KEY,
            external_id TEXT,
            url TEXT NOT NULL,
            url_sha256 TEXT NOT NULL,
            optimized BOOLEAN NOT NULL,
            status TEXT NOT NULL,
            revision BIGINT NOT NULL,
            batch TEXT,
            width INTEGER,
            height INTEGER,
            etag TEXT,
            last_modified TEXT,
            failure_code TEXT,
            failure_message TEXT,
            evicted BOOLEAN NOT NULL,
            used_at BIGINT NOT NULL,
            checked_at BIGINT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        )",
        // Equal addresses are one asset.
        "CREATE UNIQUE INDEX cache_assets_url ON cache_assets (url_sha256, optimized)",
        "CREATE UNIQUE INDEX cache_assets_external ON cache_assets (external_id)",
        "CREATE INDEX cache_assets_batch ON cache_assets (batch)",
        // Serves lists by status, and the search for those that were not used for long.
        "CREATE INDEX cache_assets_status ON cache_assets (status, used_at)",
        "CREATE TABLE movies (
            id TEXT NOT NULL PRIMARY KEY,
            external_id TEXT,
            title TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            deleted_at BIGINT
        )",
        "CREATE UNIQUE INDEX movies_external ON movies (external_id) WHERE deleted_at IS NULL",
        "CREATE TABLE episodes (
            id TEXT NOT NULL PRIMARY KEY,
            movie_id TEXT NOT NULL,
            external_id TEXT,
            number INTEGER NOT NULL,
            title TEXT NOT NULL,
            status TEXT NOT NULL,
            revision BIGINT NOT NULL,
            thumbnail_url TEXT,
            thumbnail_key TEXT,
            thumbhash TEXT,
            preview_url TEXT,
            preview_key TEXT,
            video_url TEXT,
            video_id TEXT,
            failure_code TEXT,
            failure_message TEXT,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        )",
        "CREATE UNIQUE INDEX episodes_number ON episodes (movie_id, number)",
        "CREATE UNIQUE INDEX episodes_external ON episodes (external_id)",
    ],
};
