//! What a token is good for.

use super::Statements;

/// The previous release lets every token do everything, and makes tokens that may.
pub(super) const MIGRATION: Statements = Statements {
    name: "m0012_token_scopes",
    statements: &["ALTER TABLE api_tokens ADD COLUMN scope TEXT NOT NULL DEFAULT 'full'"],
};
