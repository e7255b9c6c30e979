//! POST Object: a file sent by a browser's form, allowed by a signed policy instead of a signed address.
//!
//! Not left to the S3 layer, which would hold the file in memory and refuse policies fifteen minutes after their
//! signature: here the fields are read and judged first, and the file is streamed like the body of a PUT.

mod fields;
mod parser;
mod policy;
mod signature;

use std::sync::Arc;

use futures::stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use hyper::body::Body as _;
use percent_encoding::percent_decode_str;
use s3s::dto::{PostResponse, StreamingBlob};
use s3s::xml::{Serialize as _, Serializer};
use s3s::{Body, HttpResponse, S3Error, S3Result, s3_error};

use super::answer;
use super::credentials::Credentials;
use super::drain::Lent;
use super::failure::blocking;
use super::receive::receive;
use super::record::ObjectRecord;
use super::store::Store;

use fields::Answer;
use parser::Parser;
use policy::Policy;

/// Whether the request is a browser's form.
pub(super) fn is_form(method: &Method, headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    method == Method::POST && content_type.to_ascii_lowercase().starts_with(b"multipart/form-data")
}

/// Answers a form.
pub(super) async fn post_object(
    store: &Arc<Store>,
    credentials: &Credentials,
    request: http::Request<Lent>,
) -> S3Result<HttpResponse> {
    let bucket = bucket_name(request.uri().path())?;
    let boundary = parser::boundary(request.headers())?;
    // The file is nearly all of the form, and how long it is is not known before it is there.
    let coming = request.body().size_hint().lower();
    let mut parser = Parser::new(request.into_body(), &boundary);
    let (fields, file) = fields::read(&mut parser).await?;
    let now = store.clock.now();
    signature::check(&fields, credentials, now)?;
    let policy = Policy::of(&fields)?;
    policy.check(&fields, &bucket, now)?;
    let announced = fields.announced(policy.length())?;
    let wanted = fields.answer()?;
    let (key, headers, condition) = (fields.key(&file)?, fields.record_headers()?, fields.condition()?);
    let bucket_name = bucket.clone();
    let write = blocking(store, move |store| {
        store.space.check(coming)?;
        store.write(bucket_name, key, headers, condition)
    })
    .await?;
    let received = receive(store, Some(file_body(parser)), write.bucket.new_temp(), announced).await?;
    let object = blocking(store, move |store| write.commit_received(store, received)).await?;
    created(&bucket, &object, wanted)
}

/// The bucket of `/bucket` and `/bucket/`. Errors: no bucket, or a key in the path.
fn bucket_name(path: &str) -> S3Result<String> {
    let name = path.strip_prefix('/').unwrap_or(path);
    let name = percent_decode_str(name.strip_suffix('/').unwrap_or(name)).decode_utf8_lossy();
    if name.contains('/') {
        return Err(s3_error!(
            MethodNotAllowed,
            "a form is sent to the bucket; its field key names the object"
        ));
    }
    if !s3s::path::check_bucket_name(&name) {
        return Err(s3_error!(InvalidBucketName, "a form is sent to the address of a bucket"));
    }
    Ok(name.into_owned())
}

/// The bytes of the file, up to the boundary that ends it.
fn file_body(parser: Parser<Lent>) -> StreamingBlob {
    StreamingBlob::wrap(stream::unfold(Some(parser), |parser| async {
        let mut parser = parser?;
        match parser.next_chunk().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(parser))),
            Ok(None) => {
                // The answer must not meet a connection on which the end of the form is still unread.
                parser.skip_end().await;
                None
            }
            Err(error) => Some((Err(error), None)),
        }
    }))
}

fn created(bucket: &str, object: &ObjectRecord, wanted: Answer) -> S3Result<HttpResponse> {
    let location = format!("/{bucket}/{}", answer::url_encoded(&object.key));
    let etag = format!("\"{}\"", object.etag);
    let mut answer = HttpResponse::new(Body::empty());
    *answer.status_mut() = wanted.status();
    if wanted == Answer::Document {
        let document = PostResponse { location: &location, bucket, key: &object.key, etag: &etag };
        *answer.body_mut() = Body::from(xml(&document)?);
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    }
    for (name, value) in [(header::ETAG, etag), (header::LOCATION, location)] {
        answer.headers_mut().insert(name, HeaderValue::try_from(value).map_err(S3Error::internal_error)?);
    }
    Ok(answer)
}

fn xml(document: &PostResponse<'_>) -> S3Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::new(&mut bytes);
    serializer.decl().and_then(|()| document.serialize(&mut serializer)).map_err(S3Error::internal_error)?;
    Ok(bytes)
}

impl Answer {
    fn status(self) -> StatusCode {
        match self {
            Self::Empty => StatusCode::NO_CONTENT,
            Self::Ok => StatusCode::OK,
            Self::Document => StatusCode::CREATED,
        }
    }
}
