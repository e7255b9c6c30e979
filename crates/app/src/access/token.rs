//! Bearer tokens: 32 random bytes, shown once, stored as SHA-256.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use telecine_db::tokens::{self, Token};
use telecine_db::{Db, DbError, Tx, settings};
use telecine_model::{Clock, Scope};

use super::owner::Owner;
use super::signer::random_text;

/// Tells people, and secret scanners, what the text is.
const PREFIX: &str = "telecine_";
const RANDOM_BYTES: usize = 32;
/// Says that the first token has been made.
const FIRST_TOKEN_SETTING: &str = "first_token_made";
/// A longer text is not one of ours, and is not hashed.
const MAX_TOKEN_BYTES: usize = 200;

/// Makes the first token of a deployment; `None` when it has been made before. Of two processes that start together one
/// makes it.
///
/// # Errors
/// [`DbError`].
pub async fn create_first_token(db: &Db, clock: &dyn Clock) -> Result<Option<SecretString>, DbError> {
    let marker = SecretString::from(random_text(RANDOM_BYTES));
    let tx = db.begin().await?;
    let stored = settings::insert_if_absent(&tx, FIRST_TOKEN_SETTING, &marker).await?;
    if stored.expose_secret() != marker.expose_secret() {
        return Ok(None);
    }
    let token = insert_token(&tx, clock, "first", Scope::Full).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Makes a token called `name`. The answer is the only time it is seen.
///
/// # Errors
/// [`DbError`].
pub async fn create_token(
    db: &Db,
    clock: &dyn Clock,
    name: &str,
    scope: Scope,
) -> Result<SecretString, DbError> {
    let tx = db.begin().await?;
    let token = insert_token(&tx, clock, name, scope).await?;
    tx.commit().await?;
    Ok(token)
}

async fn insert_token(tx: &Tx, clock: &dyn Clock, name: &str, scope: Scope) -> Result<SecretString, DbError> {
    let token = SecretString::from(format!("{PREFIX}{}", random_text(RANDOM_BYTES)));
    let row =
        Token { hash: hash(token.expose_secret()), name: name.to_owned(), scope, created_at: clock.now_ms() };
    tokens::insert(tx, row).await?;
    Ok(token)
}

/// Whom the bearer token stands for; `None` when there is no such token.
///
/// # Errors
/// [`DbError`].
pub async fn token_owner(db: &Db, token: &str) -> Result<Option<Owner>, DbError> {
    if !token.starts_with(PREFIX) || token.len() > MAX_TOKEN_BYTES {
        return Ok(None);
    }
    // Looking up the hash of 256 random bits leaks nothing useful through time.
    Ok(tokens::find(db.read(), &hash(token)).await?.map(Owner::of_token))
}

/// Whether a client that was let in may go on: its token has not been revoked.
///
/// # Errors
/// [`DbError`].
pub async fn owner_may_stay(db: &Db, owner: &Owner) -> Result<bool, DbError> {
    owner.exists(db).await
}

/// Every token, oldest first.
///
/// # Errors
/// [`DbError`].
pub async fn list_tokens(db: &Db) -> Result<Vec<Token>, DbError> {
    tokens::list(db.read()).await
}

/// Revokes the token whose hash starts with `hash_start` (8 characters or more, as `list` shows them); `None` when no
/// single token fits.
///
/// # Errors
/// [`DbError`].
pub async fn revoke_token(db: &Db, hash_start: &str) -> Result<Option<Token>, DbError> {
    let all = tokens::list(db.read()).await?;
    let mut fitting =
        all.into_iter().filter(|token| hash_start.len() >= 8 && token.hash.starts_with(hash_start));
    let (Some(token), None) = (fitting.next(), fitting.next()) else { return Ok(None) };
    let tx = db.begin().await?;
    tokens::delete(&tx, &token.hash).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Removes a token by its text.
///
/// # Errors
/// [`DbError`].
pub async fn discard_token(db: &Db, token: &SecretString) -> Result<(), DbError> {
    let tx = db.begin().await?;
    tokens::delete(&tx, &hash(token.expose_secret())).await?;
    tx.commit().await
}

/// The hexadecimal SHA-256 by which a token is known.
fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
