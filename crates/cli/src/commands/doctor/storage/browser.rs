//! What browsers do with storage: preflights, presigned PUTs, and reading ETags across origins.

use http::{HeaderMap, Method, StatusCode, header};
use reqwest::{RequestBuilder, Response};

use super::advice::about;
use super::endpoint::ADDRESS_LIFE;
use super::{Checked, Complaint, Patient};

const BODY: &str = "telecine";
/// CRC32 of the body, big-endian, in base64.
const BODY_CRC32: &str = "EmFv4Q==";
/// The same of other bytes.
const OTHER_CRC32: &str = "AAAAAA==";

/// A presigned PUT takes as many bytes as it was signed for, and no others.
pub(super) async fn signed_length(patient: &Patient<'_>) -> Checked {
    let request = put(patient, "length", BODY.len() as u64 + 1)?;
    let answer = send(request.body(BODY)).await?;
    if answer.status().is_success() {
        return Err(Complaint::new(
            "a presigned PUT took another number of bytes than was signed",
            "the server does not check signed headers; anybody with an upload address can store more than announced",
        ));
    }
    Ok("a PUT of another length than was signed is refused".to_owned())
}

/// A page may send parts and read their ETags.
pub(super) async fn cors(patient: &Patient<'_>) -> Checked {
    let origin = patient.page_origin();
    let url = address(patient, "cors", BODY.len() as u64)?;
    let preflight = patient
        .browser
        .request(Method::OPTIONS, url)
        .header(header::ORIGIN, &origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "content-type");
    let preflight = send(preflight).await?;
    let methods = text(preflight.headers(), header::ACCESS_CONTROL_ALLOW_METHODS);
    if !allows(preflight.headers(), &origin) || !names(&methods, "PUT") {
        let detail =
            format!("pages of {origin} may not PUT: the preflight was answered with {}", preflight.status());
        return Err(Complaint::new(detail, rules(patient, &origin)));
    }
    let request = put(patient, "cors", BODY.len() as u64)?.header(header::ORIGIN, &origin).body(BODY);
    let answer = send(request).await?;
    let exposed = text(answer.headers(), header::ACCESS_CONTROL_EXPOSE_HEADERS);
    if !allows(answer.headers(), &origin) {
        let detail = format!("pages of {origin} may not read the answer to a PUT ({})", answer.status());
        return Err(Complaint::new(detail, rules(patient, &origin)));
    }
    if !names(&exposed, "ETag") {
        let detail = format!("pages of {origin} cannot read the ETag of a part");
        return Err(Complaint::new(detail, rules(patient, &origin)));
    }
    Ok(format!("pages of {origin} may PUT and read ETags"))
}

/// What the server does with the checksums that newer SDKs send. This program sends none, so nothing here is wrong.
pub(super) async fn checksums(patient: &Patient<'_>) -> Checked {
    let (right, wrong) =
        (put_with_checksum(patient, BODY_CRC32).await?, put_with_checksum(patient, OTHER_CRC32).await?);
    Ok(match (right.is_success(), wrong.is_success()) {
        (true, false) => "CRC32 is taken and checked; Telecine sends none".to_owned(),
        (true, true) => "CRC32 is taken and not checked; Telecine sends none".to_owned(),
        (false, _) => format!(
            "CRC32 is refused ({}); Telecine sends none, other programs need request_checksum_calculation = when_required",
            right.as_u16()
        ),
    })
}

async fn put_with_checksum(patient: &Patient<'_>, checksum: &str) -> Result<StatusCode, Complaint> {
    let dialect = ("x-amz-checksum-crc32", checksum);
    let (key, length) = (patient.key("checksum"), BODY.len() as u64);
    let signed = patient.store.presign_put_with(&key, "text/plain", length, ADDRESS_LIFE, &[dialect]);
    let url = signed.map_err(|error| about(patient, &error))?.url;
    let request =
        patient.browser.put(url).header(header::CONTENT_TYPE, "text/plain").header(dialect.0, dialect.1);
    Ok(send(request.body(BODY)).await?.status())
}

fn address(patient: &Patient<'_>, name: &str, length: u64) -> Result<url::Url, Complaint> {
    let signed = patient.store.presign_put(&patient.key(name), "text/plain", length, ADDRESS_LIFE);
    Ok(signed.map_err(|error| about(patient, &error))?.url)
}

fn put(patient: &Patient<'_>, name: &str, length: u64) -> Result<RequestBuilder, Complaint> {
    let url = address(patient, name, length)?;
    Ok(patient.browser.put(url).header(header::CONTENT_TYPE, "text/plain"))
}

async fn send(request: RequestBuilder) -> Result<Response, Complaint> {
    request.send().await.map_err(|_| {
        Complaint::new(
            "a request like a browser's got no answer",
            "let browsers reach storage.public_endpoint (S3_PUBLIC_ENDPOINT)",
        )
    })
}

fn allows(headers: &HeaderMap, origin: &str) -> bool {
    let allowed = text(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN);
    allowed == "*" || allowed == origin
}

fn names(list: &str, name: &str) -> bool {
    list.split(',').map(str::trim).any(|listed| listed == "*" || listed.eq_ignore_ascii_case(name))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The rules to give the bucket, in the form that AWS, R2 and MinIO's `mc cors set` take.
fn rules(patient: &Patient<'_>, origin: &str) -> String {
    if patient.settings.storage.endpoint.is_none() {
        return format!(
            "add {origin} to storage.embedded.cors_origins (TELECINE_STORAGE_CORS_ORIGINS), or empty it"
        );
    }
    format!(
        "give the bucket {} the CORS rules [{{\"AllowedOrigins\": [\"{origin}\"], \"AllowedMethods\": [\"GET\", \"HEAD\", \"PUT\", \"POST\"], \"AllowedHeaders\": [\"*\"], \"ExposeHeaders\": [\"ETag\", \"Location\"], \"MaxAgeSeconds\": 3600}}]; set server.public_url (PUBLIC_URL) when pages have another origin",
        patient.settings.storage.bucket
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_lists_whatever_their_case_and_a_star_means_all() {
        assert!(names("GET, put", "PUT") && names("*", "ETag") && names("etag", "ETag"));
        assert!(!names("", "ETag") && !names("x-etag", "ETag"));
    }
}
