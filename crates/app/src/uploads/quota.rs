//! How much one owner may have open at a time.

use telecine_db::Tx;
use telecine_db::uploads::{self, OpenUploads, Upload};

use super::UploadsConfig;
use crate::access::Owner;
use crate::{App, AppError};

/// Refuses another session of `size` bytes (0 when it is not announced) that would exceed what the owner may have open.
/// Until the transaction ends no other of this owner can be opened, so the limits hold however many come at once.
pub(super) async fn check_quota(app: &App, tx: &Tx, owner: &Owner, size: u64) -> Result<(), AppError> {
    uploads::lock_owner(tx, owner.token_hash()).await?;
    let open = uploads::open_of_owner(tx, owner.token_hash(), app.clock.now_ms()).await?;
    check(&app.uploads, open, size)
}

/// Refuses bytes that have arrived without an announcement and are more than what the owner's other sessions leave.
pub(super) async fn check_bytes(app: &App, tx: &Tx, upload: &Upload, size: u64) -> Result<(), AppError> {
    let owner = upload.owner.as_deref();
    uploads::lock_owner(tx, owner).await?;
    let open = uploads::open_of_owner(tx, owner, app.clock.now_ms()).await?;
    check(&app.uploads, OpenUploads { sessions: 0, bytes: open.bytes.saturating_sub(upload.size) }, size)
}

fn check(limits: &UploadsConfig, open: OpenUploads, size: u64) -> Result<(), AppError> {
    if open.sessions >= limits.max_open_sessions {
        let message = format!(
            "{} uploads are open, as many as one token may have; complete or delete some, or wait until they expire",
            open.sessions
        );
        return Err(AppError::limited("too_many_uploads", message));
    }
    if size > limits.max_open_bytes.saturating_sub(open.bytes) {
        let message = format!(
            "with these {size} bytes the open uploads would have more than {}, as many as one token may have open; \
             complete or delete some, or wait until they expire",
            limits.max_open_bytes
        );
        return Err(AppError::limited("too_many_upload_bytes", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_session_and_the_last_byte_are_granted_and_no_more() {
        let limits = UploadsConfig { max_open_sessions: 2, max_open_bytes: 10, ..UploadsConfig::default() };
        let code = |sessions, bytes, size| match check(&limits, OpenUploads { sessions, bytes }, size) {
            Ok(()) => "",
            Err(AppError::Limited { code, .. }) => code,
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(code(1, 4, 6), "");
        assert_eq!(code(1, 4, 7), "too_many_upload_bytes");
        assert_eq!(code(2, 0, 1), "too_many_uploads");
        assert_eq!(code(1, 20, 0), "", "nothing is announced yet");
        assert_eq!(code(1, 0, u64::MAX), "too_many_upload_bytes");
    }
}
