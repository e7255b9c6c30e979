//! Who may use the API: bearer tokens, browser sessions, and links that sign a browser in.

mod owner;
mod session;
mod signer;
mod token;
mod upload_token;

pub use owner::Owner;
pub use session::{
    SESSION_LIFE, new_session, new_session_of, session_owner, sign_in_address, sign_in_code_is_valid,
};
pub use signer::{Purpose, Signer};
pub use token::{
    create_first_token, create_token, discard_token, list_tokens, owner_may_stay, revoke_token, token_owner,
};
pub use upload_token::{UploadToken, new_upload_token, upload_token_owner};
