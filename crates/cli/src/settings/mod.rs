//! Settings: telecine.toml, then the environment, then flags. An unknown or bad one stops the start with a sentence.

mod providers;
mod sources;
mod table;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::bail;
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;
use telecine_api::{ApiConfig, HealthConfig, MetricsConfig};
use telecine_app::cache::CacheConfig;
use telecine_app::storage_events::StorageEventsConfig;
use telecine_app::uploads::UploadsConfig;
use telecine_app::{DeliveryConfig, ImportsConfig};
use telecine_db::DatabaseConfig;
use telecine_outbound::OutboundConfig;
use telecine_queue::{BullMqConfig, QueueConfig};
use telecine_storage::StorageConfig;
use telecine_storage::urls::RedisConfig;
use telecine_video::VideoConfig;

use crate::args::SettingArgs;
use crate::logging::LogConfig;
use crate::telemetry::TelemetryConfig;
use sources::OneSetting;
pub(crate) use table::{SETTINGS, Setting};

const DEFAULT_FILE: &str = "telecine.toml";

/// Everything that can be set. Each room owns its section.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) data_dir: PathBuf,
    pub(crate) server: ApiConfig,
    pub(crate) database: DatabaseConfig,
    pub(crate) storage: StorageConfig,
    pub(crate) redis: RedisConfig,
    pub(crate) outbound: OutboundConfig,
    pub(crate) imports: ImportsConfig,
    pub(crate) cache: CacheConfig,
    pub(crate) uploads: UploadsConfig,
    pub(crate) storage_events: StorageEventsConfig,
    pub(crate) jobs: QueueConfig,
    pub(crate) video: VideoConfig,
    pub(crate) delivery: DeliveryConfig,
    pub(crate) health: HealthConfig,
    pub(crate) metrics: MetricsConfig,
    pub(crate) log: LogConfig,
    pub(crate) telemetry: TelemetryConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("telecine-data"),
            server: ApiConfig::default(),
            database: DatabaseConfig::default(),
            storage: StorageConfig::default(),
            redis: RedisConfig::default(),
            outbound: OutboundConfig::default(),
            imports: ImportsConfig::default(),
            cache: CacheConfig::default(),
            uploads: UploadsConfig::default(),
            storage_events: StorageEventsConfig::default(),
            jobs: QueueConfig::default(),
            video: VideoConfig::default(),
            delivery: DeliveryConfig::default(),
            health: HealthConfig::default(),
            metrics: MetricsConfig::default(),
            log: LogConfig::default(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

/// The settings in effect, and the sources they came from.
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    sources: Figment,
}

impl Loaded {
    /// The value that was set for `name` and where, or `None` when the default is in effect.
    pub(crate) fn origin(&self, name: &str) -> Option<(String, String)> {
        let value = self.sources.find_value(name).ok()?;
        Some((sources::text_of(&value), sources::origin_of(&self.sources, name)))
    }
}

/// Reads and checks the settings. This is the one place that reads the environment.
pub(crate) fn load(args: &SettingArgs) -> anyhow::Result<Loaded> {
    load_from(
        args,
        &|name| std::env::var_os(name),
        std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()),
    )
}

fn load_from(
    args: &SettingArgs,
    env: &dyn Fn(&str) -> Option<OsString>,
    env_names: impl Iterator<Item = String>,
) -> anyhow::Result<Loaded> {
    if let Some(unknown) = sources::unknown_variable(env_names, env) {
        bail!("the environment variable {unknown} is not a setting; `telecine config` lists them all");
    }
    let mut figment = from_file(args.config.as_deref())?;
    for setting in SETTINGS {
        let variables = variables_of(setting, env)?;
        // The first of several names is preferred.
        for (name, value) in variables.into_iter().rev() {
            figment = figment.merge(OneSetting::new(setting, value, format!("environment variable {name}"))?);
        }
    }
    for (name, value) in flags(args)? {
        let Some(setting) = table::find(&name) else {
            bail!("--set {name} is not a setting; `telecine config` lists them all");
        };
        figment = figment.merge(OneSetting::named(&name, setting.kind, value, "flag".to_owned())?);
    }
    for setting in providers::derived(&figment)? {
        figment = figment.merge(setting);
    }
    let settings: Settings = figment.extract().map_err(|error| anyhow::anyhow!(sentence(&error)))?;
    check(&settings)?;
    Ok(Loaded { settings, sources: figment })
}

/// The variables that are set for a setting, in the order of preference.
fn variables_of(
    setting: &Setting,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for name in setting.env {
        let Some(value) = env(name).filter(|value| !value.is_empty()) else { continue };
        let Ok(value) = value.into_string() else { bail!("the environment variable {name} is not UTF-8") };
        // Variables of different providers may stand side by side; two of the same one must not disagree.
        let rival = found.iter().find(|(other, said)| family_of(other) == family_of(name) && *said != value);
        if let Some((other, _)) = rival {
            bail!("the environment variables {other} and {name} say different things; keep one of them");
        }
        found.push((name, value));
    }
    Ok(found)
}

impl Settings {
    /// The queues of BullMQ, if they hand jobs out.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub(crate) fn bullmq(&self) -> Result<Option<BullMqConfig>, String> {
        let redis = self.redis.address().map_err(|error| error.to_string())?;
        self.jobs.bullmq(redis)
    }
}

/// The provider that a variable is named after: `S3` in `S3_BUCKET`.
fn family_of(variable: &str) -> &str {
    variable.split('_').next().unwrap_or_default()
}

fn from_file(file: Option<&Path>) -> anyhow::Result<Figment> {
    match file {
        Some(file) if !file.is_file() => bail!("there is no settings file {}", file.display()),
        Some(file) => Ok(Figment::from(Toml::file_exact(file))),
        None if Path::new(DEFAULT_FILE).is_file() => Ok(Figment::from(Toml::file_exact(DEFAULT_FILE))),
        None => Ok(Figment::new()),
    }
}

fn flags(args: &SettingArgs) -> anyhow::Result<Vec<(String, String)>> {
    let mut flags = Vec::new();
    if let Some(dir) = &args.data_dir {
        let Some(dir) = dir.to_str() else { bail!("--data-dir {} is not UTF-8", dir.display()) };
        flags.push(("data_dir".to_owned(), dir.to_owned()));
    }
    for pair in &args.set {
        let Some((name, value)) = pair.split_once('=') else {
            bail!("--set {pair:?} must look like NAME=VALUE");
        };
        flags.push((name.trim().to_owned(), value.to_owned()));
    }
    Ok(flags)
}

fn check(settings: &Settings) -> anyhow::Result<()> {
    let checks = [
        settings.server.check(),
        settings.database.check(),
        settings.storage.validate().map_err(|error| error.to_string()),
        settings.redis.check().map_err(|error| error.to_string()),
        settings.outbound.check(),
        settings.imports.check(),
        settings.cache.check(),
        settings.uploads.check(),
        settings.storage_events.check(),
        settings.jobs.check(),
        settings.video.check(),
        settings.delivery.check(),
        settings.log.check(),
        settings.telemetry.check(),
        check_queues(&settings.jobs),
        settings.bullmq().map(drop),
    ];
    for check in checks {
        check.map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

fn check_queues(jobs: &QueueConfig) -> Result<(), String> {
    match jobs.concurrency.keys().find(|queue| !is_queue(queue)) {
        Some(unknown) => {
            Err(format!("jobs.concurrency.{unknown}: there is no such queue, only {}", queue_names()))
        }
        None => Ok(()),
    }
}

/// Whether jobs of this program wait in a queue of this name.
pub(crate) fn is_queue(name: &str) -> bool {
    telecine_app::jobs::registry().queues().any(|(queue, _)| queue == name)
}

/// The names of all queues, for people.
pub(crate) fn queue_names() -> String {
    telecine_app::jobs::registry().queues().map(|(queue, _)| queue).collect::<Vec<_>>().join(", ")
}

/// What is wrong, with which setting, and where it was set. Values are left out: they may be secrets.
fn sentence(error: &figment::Error) -> String {
    use figment::error::Kind;
    let name = error.path.join(".");
    let place = error.metadata.as_ref().map(|source| match &source.source {
        Some(place) => format!(" (in {place})"),
        None => format!(" (from the {})", source.name),
    });
    let what = match &error.kind {
        Kind::UnknownField(field, _) => {
            let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
            return format!(
                "there is no setting {name}{}; `telecine config` lists them all",
                place.unwrap_or_default()
            );
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("it must be {expected}"),
        Kind::UnknownVariant(_, known) => format!("it must be one of {}", known.join(", ")),
        // The parser shows the line it stumbled over, and that may hold a secret.
        Kind::Message(message) => {
            message.lines().filter(|line| !line.contains('|')).collect::<Vec<_>>().join(", ")
        }
        kind => kind.to_string(),
    };
    if name.is_empty() {
        return format!("the settings cannot be read{}: {what}", place.unwrap_or_default());
    }
    format!("the setting {name} is not valid{}: {what}", place.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn load_with(env: &[(&str, &str)], set: &[&str], file: Option<&str>) -> anyhow::Result<Loaded> {
        let dir = tempfile::tempdir().unwrap();
        let config = file.map(|text| {
            let path = dir.path().join("telecine.toml");
            std::fs::write(&path, text).unwrap();
            path
        });
        let args = SettingArgs { config, data_dir: None, set: set.iter().map(ToString::to_string).collect() };
        let lookup =
            |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(*value));
        load_from(&args, &lookup, env.iter().map(|(name, _)| (*name).to_owned()))
    }

    fn refusal(env: &[(&str, &str)], set: &[&str], file: Option<&str>) -> String {
        load_with(env, set, file).err().expect("the settings are refused").to_string()
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file() {
        let file = Some("[server]\nport = 1000\nbind = \"0.0.0.0\"");
        let loaded =
            load_with(&[("PORT", "2000"), ("LOG_LEVEL", "debug")], &["log.level=warn"], file).unwrap();
        assert_eq!(loaded.settings.server.port, 2000);
        assert_eq!(loaded.settings.server.bind.to_string(), "0.0.0.0");
        assert_eq!(loaded.settings.log.level, "warn");
        assert_eq!(loaded.origin("server.port").unwrap().1, "environment variable PORT");
        assert_eq!(loaded.origin("log.level").unwrap().1, "flag");
        assert!(loaded.origin("video.preset").is_none());
    }

    #[test]
    fn unknown_settings_stop_the_start_wherever_they_stand() {
        assert!(refusal(&[], &[], Some("[server]\nprot = 1")).contains("there is no setting server.prot"));
        assert!(refusal(&[], &[], Some("colour = 1")).contains("there is no setting colour"));
        assert!(refusal(&[("TELECINE_PROT", "1")], &[], None).contains("TELECINE_PROT"));
        assert!(refusal(&[], &["server.prot=1"], None).contains("server.prot"));
    }

    #[test]
    fn bad_values_are_named_with_their_source_but_not_shown() {
        let refused = refusal(&[("PORT", "99999")], &[], None);
        assert!(refused.contains("server.port") && refused.contains("PORT"), "{refused}");
        let refused = refusal(&[("DATABASE_URL", "mysql://user:secret@host/db")], &[], None);
        assert!(refused.contains("DATABASE_URL") && !refused.contains("secret"), "{refused}");
    }

    const R2: [(&str, &str); 4] = [
        ("R2_ACCOUNT_ID", "0123abc"),
        ("R2_ACCESS_KEY_ID", "key"),
        ("R2_SECRET_ACCESS_KEY", "secret"),
        ("R2_BUCKET_NAME", "media"),
    ];
    const AWS: [(&str, &str); 4] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("S3_BUCKET_NAME", "media"),
    ];

    fn place(env: &[(&str, &str)]) -> (Option<String>, String, bool, String) {
        let storage = load_with(env, &[], None).unwrap().settings.storage;
        let endpoint = storage.endpoint.map(|endpoint| endpoint.to_string());
        (endpoint, storage.region, storage.path_style, storage.bucket)
    }

    #[test]
    fn an_account_of_r2_makes_its_endpoint_whatever_aws_has_left_in_the_environment() {
        let r2 = (
            Some("https://0123abc.r2.cloudflarestorage.com/".to_owned()),
            "auto".to_owned(),
            true,
            "media".to_owned(),
        );
        assert_eq!(place(&R2), r2);
        let both = [&R2[..], &AWS[..3], &[("AWS_SESSION_TOKEN", "token")]].concat();
        assert_eq!(place(&both), r2);
        let loaded = load_with(&both, &[], None).unwrap();
        assert_eq!(loaded.settings.storage.session_token.as_ref().unwrap().expose_secret(), "");
        assert_eq!(loaded.origin("storage.endpoint").unwrap().1, "follows from R2_ACCOUNT_ID");
        assert_eq!(
            loaded.origin("storage.access_key_id").unwrap().1,
            "environment variable R2_ACCESS_KEY_ID"
        );
        let shared = [&[("CLOUDFLARE_ACCOUNT_ID", "0123abc")][..], &R2[1..]].concat();
        assert_eq!(place(&shared), r2);
        let by_endpoint =
            [&[("S3_ENDPOINT", "https://0123abc.eu.r2.cloudflarestorage.com")][..], &R2[..]].concat();
        assert_eq!(place(&by_endpoint).0.unwrap(), "https://0123abc.eu.r2.cloudflarestorage.com/");
        assert_eq!(place(&by_endpoint).1, "auto");
    }

    #[test]
    fn aws_is_meant_when_keys_region_and_bucket_are_there_and_not_before() {
        let aws = (
            Some("https://s3.eu-central-1.amazonaws.com/".to_owned()),
            "eu-central-1".to_owned(),
            false,
            "media".to_owned(),
        );
        assert_eq!(place(&AWS), aws);
        assert_eq!(place(&[&AWS[..], &[("CLOUDFLARE_ACCOUNT_ID", "0123abc")]].concat()), aws);
        assert_eq!(place(&AWS[..3]).0, None, "keys and region are there for other programs");
        assert_eq!(place(&AWS[1..]).0, None);
        let china = [&[("AWS_REGION", "cn-north-1")][..], &AWS[1..]].concat();
        assert_eq!(place(&china).0.unwrap(), "https://s3.cn-north-1.amazonaws.com.cn/");
        let dotted = [&AWS[..3], &[("S3_BUCKET_NAME", "media.example")]].concat();
        assert!(place(&dotted).2, "no certificate covers a name with dots");
    }

    #[test]
    fn minio_is_an_endpoint_with_names_of_its_own() {
        let env = [
            ("MINIO_ENDPOINT", "http://minio:9000"),
            ("MINIO_ROOT_USER", "key"),
            ("MINIO_ROOT_PASSWORD", "secret"),
            ("MINIO_BUCKET", "media"),
        ];
        assert_eq!(
            place(&env),
            (Some("http://minio:9000/".to_owned()), "us-east-1".to_owned(), true, "media".to_owned())
        );
    }

    #[test]
    fn settings_that_contradict_each_other_stop_the_start_with_a_sentence() {
        let with = |more: &[(&'static str, &'static str)], base: &[(&'static str, &'static str)]| {
            [more, base].concat()
        };
        for (env, names) in [
            (with(&[("S3_BUCKET", "other")], &AWS), ["S3_BUCKET", "S3_BUCKET_NAME"]),
            (with(&[("S3_ENDPOINT", "https://s3.example")], &R2), ["S3_ENDPOINT", "R2_ACCOUNT_ID"]),
            (
                with(&[("AWS_SECRET_ACCESS_KEY", "s")], &R2[..2]),
                ["R2_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
            ),
            (R2[1..].to_vec(), ["R2_ACCESS_KEY_ID", "R2_ACCOUNT_ID"]),
            (with(&[("R2_ACCOUNT_ID", "a.b")], &R2[1..]), ["R2_ACCOUNT_ID", "account id"]),
            (with(&[("AWS_REGION", "auto")], &AWS[1..]), ["AWS_REGION", "S3_ENDPOINT"]),
            (
                vec![
                    ("S3_ENDPOINT", "http://10.0.0.5:9000"),
                    ("S3_ACCESS_KEY_ID", "k"),
                    ("S3_SECRET_ACCESS_KEY", "s"),
                    ("S3_FORCE_PATH_STYLE", "false"),
                ],
                ["storage.path_style", "10.0.0.5"],
            ),
        ] {
            let refused = refusal(&env, &[], None);
            assert!(names.iter().all(|name| refused.contains(name)), "{env:?}: {refused}");
        }
    }

    #[test]
    fn secrets_of_digits_stay_text() {
        let env = [
            ("S3_ENDPOINT", "http://127.0.0.1:1"),
            ("AWS_ACCESS_KEY_ID", "123456"),
            ("AWS_SECRET_ACCESS_KEY", "0123"),
        ];
        assert!(load_with(&env, &[], None).is_ok());
    }

    #[test]
    fn variables_that_kubernetes_adds_for_a_service_of_our_name_are_no_settings() {
        let added = [
            ("TELECINE_SERVICE_HOST", "10.0.0.1"),
            ("TELECINE_SERVICE_PORT", "3001"),
            ("TELECINE_SERVICE_PORT_HTTP", "3001"),
            ("TELECINE_PORT", "tcp://10.0.0.1:3001"),
            ("TELECINE_PORT_3001_TCP", "tcp://10.0.0.1:3001"),
            ("TELECINE_PORT_3001_TCP_PROTO", "tcp"),
            ("TELECINE_STORAGE_PORT_9000_TCP_ADDR", "10.0.0.1"),
        ];
        assert!(load_with(&added, &[], None).is_ok());
        assert!(refusal(&[("TELECINE_PORT", "8080")], &[], None).contains("TELECINE_PORT"));
        assert!(refusal(&[("TELECINE_PORT_HTTP", "8080")], &[], None).contains("TELECINE_PORT_HTTP"));
    }

    #[test]
    fn values_that_are_no_text_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let broken = || OsString::from_vec(b"/data/\xff".to_vec());
        let lookup = |name: &str| (name == "TELECINE_DATA_DIR").then(broken);
        let refused = load_from(&SettingArgs::default(), &lookup, std::iter::empty()).err().unwrap();
        assert!(refused.to_string().contains("TELECINE_DATA_DIR"), "{refused}");
        let args = SettingArgs { data_dir: Some(broken().into()), ..SettingArgs::default() };
        let refused = load_from(&args, &|_| None, std::iter::empty()).err().unwrap();
        assert!(refused.to_string().contains("--data-dir"), "{refused}");
    }

    #[test]
    fn every_setting_of_the_table_can_be_set_by_name() {
        let keys = [("S3_ACCESS_KEY_ID", "key"), ("S3_SECRET_ACCESS_KEY", "secret")];
        for setting in SETTINGS {
            let loaded = load_with(&keys, &[&format!("{}={}", setting.name, setting.example)], None);
            assert!(loaded.is_ok(), "{}: {}", setting.name, loaded.err().unwrap());
        }
    }

    #[test]
    fn the_defaults_of_the_table_are_the_real_ones() {
        let real = format!("{:?}", Settings::default());
        let queues: Vec<_> = telecine_app::jobs::registry().queues().collect();
        for setting in SETTINGS {
            if let Some(name) = setting.name.strip_prefix("jobs.concurrency.") {
                let default = queues.iter().find(|(queue, _)| *queue == name).unwrap().1;
                assert_eq!(setting.default, default.to_string(), "{}", setting.name);
            } else if !setting.default.is_empty() {
                let set = load_with(&[], &[&format!("{}={}", setting.name, setting.default)], None);
                assert_eq!(format!("{:?}", set.unwrap().settings), real, "{}", setting.name);
            }
        }
    }
}
