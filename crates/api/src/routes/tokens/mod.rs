//! `/api/v1/tokens`: API keys.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;

use serde::Serialize;
use telecine_db::tokens::Token;
use utoipa::ToSchema;

use super::uploads::time;

/// A token without its text, which is shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenBody {
    /// The start of its hash.
    id: String,
    /// What a person called it.
    name: String,
    /// `full`, or `read`: looking at everything and changing nothing.
    scope: &'static str,
    created_at: String,
}

impl From<Token> for TokenBody {
    fn from(token: Token) -> Self {
        Self {
            id: token.shown_id().to_owned(),
            scope: token.scope.as_str(),
            created_at: time(token.created_at),
            name: token.name,
        }
    }
}
