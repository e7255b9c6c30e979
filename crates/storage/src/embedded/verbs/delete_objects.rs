//! DeleteObjects: up to 1000 keys; one that fails does not stop the others.

use std::sync::Arc;

use s3s::dto::{DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, Error, ObjectIdentifier};
use s3s::{S3Request, S3Result, s3_error};

use super::MAX_PAGE;
use crate::embedded::condition::WriteCondition;
use crate::embedded::failure::blocking;
use crate::embedded::store::Store;

pub(super) async fn delete_objects(
    store: &Arc<Store>,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let input = request.input;
    if input.delete.objects.is_empty() || input.delete.objects.len() > MAX_PAGE {
        return Err(s3_error!(MalformedXML, "one request deletes 1 to {MAX_PAGE} objects"));
    }
    let is_quiet = input.delete.quiet.unwrap_or(false);
    blocking(store, move |store| {
        store.bucket(&input.bucket)?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for wanted in input.delete.objects {
            match remove(store, &input.bucket, &wanted) {
                Ok(()) => deleted.push(DeletedObject { key: Some(wanted.key), ..DeletedObject::default() }),
                Err(failure) => errors.push(Error {
                    code: Some(failure.code().as_str().to_owned()),
                    message: Some(failure.message().unwrap_or("the object was not deleted").to_owned()),
                    key: Some(wanted.key),
                    version_id: None,
                }),
            }
        }
        let deleted = (!is_quiet).then_some(deleted);
        Ok(DeleteObjectsOutput { deleted, errors: Some(errors), ..DeleteObjectsOutput::default() })
    })
    .await
}

fn remove(store: &Store, bucket: &str, wanted: &ObjectIdentifier) -> S3Result<()> {
    if wanted.version_id.is_some() || wanted.e_tag.is_some() {
        return Err(s3_error!(NotImplemented, "objects are deleted by their keys"));
    }
    store.remove(bucket, &wanted.key, &WriteCondition::default())
}
