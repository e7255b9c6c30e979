//! What to do about an error of storage.

use telecine_storage::StoreError;

use super::{Complaint, Patient};

/// The error as a complaint.
pub(super) fn about(patient: &Patient<'_>, error: &StoreError) -> Complaint {
    Complaint::new(error.to_string(), fix(patient, error))
}

fn fix(patient: &Patient<'_>, error: &StoreError) -> String {
    let storage = &patient.settings.storage;
    match error {
        StoreError::Denied { code, .. } => of_denial(code).to_owned(),
        StoreError::NoBucket { .. } | StoreError::NotFound { .. } => format!(
            "create the bucket {} at the provider, or set storage.bucket (S3_BUCKET) to one that exists",
            storage.bucket
        ),
        StoreError::Refused { code, .. } if code == "AuthorizationHeaderMalformed" => {
            format!("the bucket is in another region than {}; set storage.region (S3_REGION)", storage.region)
        }
        StoreError::Refused { code, status: 301 | 307, .. } => {
            format!(
                "the bucket is elsewhere ({code}); set storage.region (S3_REGION) or storage.endpoint (S3_ENDPOINT)"
            )
        }
        StoreError::Unavailable { .. } => {
            "try again; if it stays so, look into the log of the storage server".to_owned()
        }
        _ => "look into the log of the storage server, and check storage.*".to_owned(),
    }
}

fn of_denial(code: &str) -> &'static str {
    match code {
        "InvalidAccessKeyId" => {
            "the server does not know the key; set storage.access_key_id (S3_ACCESS_KEY_ID)"
        }
        "SignatureDoesNotMatch" => {
            "the secret does not belong to the key, or a proxy changes the Host header; set storage.secret_access_key (S3_SECRET_ACCESS_KEY)"
        }
        "RequestTimeTooSkewed" => "set the clock of this machine with NTP",
        "ExpiredToken" | "InvalidToken" => "renew storage.session_token (S3_SESSION_TOKEN)",
        _ => {
            "give the key the rights to list, read, write and delete objects and multipart uploads of the bucket"
        }
    }
}
