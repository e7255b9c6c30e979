//! Who makes a request: a token, or a browser that came by a printed link.

use telecine_db::tokens::Token;
use telecine_db::{Db, DbError, tokens};
use telecine_model::Scope;

use super::signer::random_text;

/// Marks the payloads of a token. Random payloads never hold `~`.
const OF_TOKEN: &str = "~";
/// Characters of a token's hash that signed texts carry.
const HASH_START: usize = 16;
/// Makes two payloads of the same second differ.
const NONCE_BYTES: usize = 12;

/// Whose limits a request counts against, and how much it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The hash of the token; `None` for browsers.
    hash: Option<String>,
    scope: Scope,
}

impl Owner {
    /// Every browser that came by a printed link.
    pub const BROWSERS: Self = Self { hash: None, scope: Scope::Full };

    pub(super) fn of_token(token: Token) -> Self {
        Self { hash: Some(token.hash), scope: token.scope }
    }

    /// Whether it may change anything.
    #[must_use]
    pub fn may_change(&self) -> bool {
        self.scope == Scope::Full
    }

    /// How much it may do.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The hash of the token, as rows have it; `None` for browsers.
    #[must_use]
    pub fn token_hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }

    /// The payload of signed texts that act for this owner, and end with its token.
    pub(super) fn payload(&self) -> String {
        match &self.hash {
            Some(hash) => format!("{OF_TOKEN}{}", &hash[..HASH_START.min(hash.len())]),
            None => random_text(NONCE_BYTES),
        }
    }

    /// Whether the owner still has access.
    pub(super) async fn exists(&self, db: &Db) -> Result<bool, DbError> {
        match &self.hash {
            Some(hash) => Ok(tokens::find(db.read(), hash).await?.is_some()),
            None => Ok(true),
        }
    }

    /// Whom the payload of a genuine signed text names; `None` when the token has been revoked.
    pub(super) async fn of_payload(db: &Db, payload: &str) -> Result<Option<Self>, DbError> {
        match payload.strip_prefix(OF_TOKEN) {
            Some(start) => Ok(tokens::find_starting_with(db.read(), start).await?.map(Self::of_token)),
            None => Ok(Some(Self::BROWSERS)),
        }
    }
}
