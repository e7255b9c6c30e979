//! Where objects are when the settings name a provider instead of an endpoint: Cloudflare R2 by its account, AWS by its
//! region. What follows from other settings is shown as such by `telecine config`.

use anyhow::bail;
use figment::Figment;

use super::sources::{OneSetting, origin_of, text_of};
use super::table;

const R2_HOST: &str = "r2.cloudflarestorage.com";

/// The settings of storage as they were made, and where.
struct Made<'a>(&'a Figment);

/// The settings that follow from others.
pub(super) fn derived(figment: &Figment) -> anyhow::Result<Vec<OneSetting>> {
    let made = Made(figment);
    check_pair(&made)?;
    let mut settings = match made.value("endpoint") {
        Some(endpoint) => of_endpoint(&made, &endpoint)?,
        None if made.names_r2_account() => of_r2(&made)?,
        None if made.names_aws_bucket() => of_aws(&made)?,
        None if made.family("access_key_id") == Some("R2") => {
            bail!("R2_ACCESS_KEY_ID is set, but not which account; set R2_ACCOUNT_ID or S3_ENDPOINT")
        }
        None => Vec::new(),
    };
    if made.has_foreign_token() {
        settings.push(made.follows("session_token", String::new(), "access_key_id")?);
    }
    Ok(settings)
}

/// Half a key pair of one provider and half of another open nothing.
fn check_pair(made: &Made<'_>) -> anyhow::Result<()> {
    let families = made.family("access_key_id").zip(made.family("secret_access_key"));
    match families.filter(|(key, secret)| key != secret) {
        Some(_) => bail!(
            "{} and {} are halves of different key pairs; set both halves of one",
            made.variable("access_key_id"),
            made.variable("secret_access_key")
        ),
        None => Ok(()),
    }
}

/// An endpoint of R2 must be that of the account, and its region is `auto`.
fn of_endpoint(made: &Made<'_>, endpoint: &str) -> anyhow::Result<Vec<OneSetting>> {
    let host = endpoint.parse::<url::Url>().ok().and_then(|url| url.host_str().map(str::to_owned));
    let Some(host) = host else { return Ok(Vec::new()) };
    let account = made.value("account_id").filter(|_| made.family("account_id") != Some("CLOUDFLARE"));
    if let Some(account) = account
        && !(host.starts_with(&format!("{account}.")) && host.ends_with(R2_HOST))
    {
        bail!(
            "{} and {} name different places; keep one of them",
            made.variable("endpoint"),
            made.variable("account_id")
        );
    }
    Ok(if host.ends_with(R2_HOST) { made.region_auto("endpoint")? } else { Vec::new() })
}

fn of_r2(made: &Made<'_>) -> anyhow::Result<Vec<OneSetting>> {
    let account = made.value("account_id").unwrap_or_default();
    if account.is_empty() || !account.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        bail!(
            "{} must be the account id that Cloudflare shows beside R2, letters and digits only",
            made.variable("account_id")
        );
    }
    let mut settings = made.region_auto("account_id")?;
    settings.push(made.follows("endpoint", format!("https://{account}.{R2_HOST}"), "account_id")?);
    Ok(settings)
}

fn of_aws(made: &Made<'_>) -> anyhow::Result<Vec<OneSetting>> {
    let region = made.value("region").unwrap_or_default();
    let is_region = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !region.contains('-') || !region.bytes().all(is_region) {
        bail!(
            "{} is no region of AWS; set S3_ENDPOINT for another provider, or a region like eu-central-1",
            made.variable("region")
        );
    }
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let mut settings = vec![made.follows("endpoint", format!("https://s3.{region}.{domain}"), "region")?];
    // A certificate for *.s3.… does not cover a bucket name with dots.
    let has_dots = made.value("bucket").is_some_and(|bucket| bucket.contains('.'));
    if made.value("path_style").is_none() && !has_dots {
        settings.push(made.follows("path_style", "false".to_owned(), "region")?);
    }
    Ok(settings)
}

impl Made<'_> {
    fn value(&self, field: &str) -> Option<String> {
        self.0.find_value(&name(field)).ok().map(|value| text_of(&value))
    }

    /// The variable that made it, or the name of the setting when it was a file or a flag.
    fn variable(&self, field: &str) -> String {
        let origin = origin_of(self.0, &name(field));
        origin.strip_prefix("environment variable ").map_or_else(|| name(field), str::to_owned)
    }

    /// The provider whose variable made it, such as `R2`; `None` for a file or a flag.
    fn family(&self, field: &str) -> Option<&'static str> {
        let origin = origin_of(self.0, &name(field));
        let variable = origin.strip_prefix("environment variable ")?;
        let families = ["S3", "R2", "MINIO", "AWS", "CLOUDFLARE"];
        families.into_iter().find(|family| super::family_of(variable) == *family)
    }

    /// An account of Cloudflare says where objects are, unless it is there for something else.
    fn names_r2_account(&self) -> bool {
        let is_for_r2 =
            self.family("account_id") != Some("CLOUDFLARE") || self.family("access_key_id") == Some("R2");
        self.value("account_id").is_some() && is_for_r2
    }

    /// Keys alone say nothing: many machines have them for other programs. A bucket and a region must be meant.
    fn names_aws_bucket(&self) -> bool {
        let is_elsewhere = matches!(self.family("access_key_id"), Some("R2" | "MINIO"));
        let fields = ["access_key_id", "secret_access_key", "bucket", "region"];
        !is_elsewhere && fields.iter().all(|field| self.value(field).is_some())
    }

    /// A token that AWS has left in the environment does not belong to another provider's keys.
    fn has_foreign_token(&self) -> bool {
        self.value("session_token").is_some()
            && self.family("session_token") != self.family("access_key_id")
            && self.family("session_token") == Some("AWS")
    }

    /// R2 has one region; one that is there for AWS is not meant for it.
    fn region_auto(&self, from: &str) -> anyhow::Result<Vec<OneSetting>> {
        let is_meant = self.value("region").is_some() && self.family("region") != Some("AWS");
        if is_meant { Ok(Vec::new()) } else { Ok(vec![self.follows("region", "auto".to_owned(), from)?]) }
    }

    fn follows(&self, field: &str, value: String, from: &str) -> anyhow::Result<OneSetting> {
        let kind = table::find(&name(field)).map_or(table::Kind::Text, |setting| setting.kind);
        OneSetting::named(&name(field), kind, value, format!("follows from {}", self.variable(from)))
    }
}

fn name(field: &str) -> String {
    format!("storage.{field}")
}
