//! Every setting by name: where it can come from, its default in words, and what it means. The README's table is made
//! from this one.

/// How the text of a variable or flag is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    /// A number with a fraction.
    Share,
    Flag,
    /// Items with commas between them.
    List,
}

/// One setting.
pub(crate) struct Setting {
    /// Its place in telecine.toml.
    pub(crate) name: &'static str,
    pub(super) kind: Kind,
    /// Environment variables that set it; the first is preferred.
    pub(crate) env: &'static [&'static str],
    /// The default as people read it; empty when there is none.
    pub(crate) default: &'static str,
    pub(crate) meaning: &'static str,
    /// Masked wherever it is shown.
    pub(crate) is_secret: bool,
    /// A value that is accepted, for the tests.
    #[cfg_attr(not(test), allow(dead_code, reason = "only the tests try the examples"))]
    pub(super) example: &'static str,
}

const fn setting(
    name: &'static str,
    env: &'static [&'static str],
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, kind: Kind::Text, env, default, meaning, is_secret: false, example: "" }
}

impl Setting {
    const fn number(mut self) -> Self {
        self.kind = Kind::Number;
        self.example("1")
    }

    const fn share(mut self) -> Self {
        self.kind = Kind::Share;
        self.example("0.1")
    }

    const fn flag(mut self) -> Self {
        self.kind = Kind::Flag;
        self.example("true")
    }

    const fn list(mut self) -> Self {
        self.kind = Kind::List;
        self
    }

    const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }
}

/// All settings, in the order people meet them.
pub(crate) const SETTINGS: &[Setting] = &[
    setting(
        "data_dir",
        &["TELECINE_DATA_DIR"],
        "telecine-data",
        "folder for the database, embedded objects and scratch files",
    )
    .example("/x"),
    setting("server.bind", &["TELECINE_BIND"], "127.0.0.1", "address the API listens on").example("0.0.0.0"),
    setting("server.port", &["PORT"], "3001", "port the API listens on; 0 takes a free one").number(),
    setting(
        "server.public_url",
        &["PUBLIC_URL"],
        "",
        "how browsers reach the API, when it is behind a proxy",
    )
    .example("https://video.example"),
    setting(
        "server.cors_origins",
        &["TELECINE_CORS_ORIGINS"],
        "",
        "web origins whose pages may use the API with a token; empty allows the server's own pages only",
    )
    .list()
    .example("https://app.example,http://localhost:5173"),
    setting("database.url", &["DATABASE_URL"], "", "`postgresql://…`; without it SQLite in the data folder")
        .secret()
        .example("sqlite:///x"),
    setting(
        "storage.endpoint",
        &["S3_ENDPOINT", "R2_ENDPOINT", "MINIO_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"],
        "",
        "S3 endpoint; without it that of the R2 account, that of AWS when keys, region and bucket are set, or the embedded one",
    )
    .example("https://s3.example"),
    setting(
        "storage.account_id",
        &["R2_ACCOUNT_ID", "CLOUDFLARE_ACCOUNT_ID"],
        "",
        "account of Cloudflare R2, instead of an endpoint; the latter variable only beside `R2_ACCESS_KEY_ID`",
    )
    .example("0123456789abcdef"),
    setting(
        "storage.public_endpoint",
        &["S3_PUBLIC_ENDPOINT"],
        "",
        "how browsers reach the S3 endpoint, when that differs",
    )
    .example("https://media.example"),
    setting(
        "storage.region",
        &["S3_REGION", "R2_REGION", "MINIO_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"],
        "us-east-1",
        "S3 region; `auto` for Cloudflare R2",
    )
    .example("auto"),
    setting(
        "storage.bucket",
        &[
            "S3_BUCKET",
            "S3_BUCKET_NAME",
            "R2_BUCKET_NAME",
            "R2_BUCKET",
            "MINIO_BUCKET",
            "MINIO_BUCKET_NAME",
            "AWS_S3_BUCKET",
            "AWS_BUCKET",
        ],
        "telecine",
        "bucket for everything",
    )
    .example("media"),
    setting(
        "storage.access_key_id",
        &["S3_ACCESS_KEY_ID", "R2_ACCESS_KEY_ID", "MINIO_ACCESS_KEY", "MINIO_ROOT_USER", "AWS_ACCESS_KEY_ID"],
        "",
        "S3 access key",
    )
    .example("key"),
    setting(
        "storage.secret_access_key",
        &[
            "S3_SECRET_ACCESS_KEY",
            "R2_SECRET_ACCESS_KEY",
            "MINIO_SECRET_KEY",
            "MINIO_ROOT_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
        ],
        "",
        "S3 secret key",
    )
    .secret()
    .example("secret"),
    setting(
        "storage.session_token",
        &["S3_SESSION_TOKEN", "AWS_SESSION_TOKEN"],
        "",
        "S3 session token of temporary keys",
    )
    .secret()
    .example("token"),
    setting(
        "storage.path_style",
        &["S3_FORCE_PATH_STYLE"],
        "true",
        "bucket in the path instead of the host name",
    )
    .flag(),
    setting(
        "storage.embedded.listen",
        &["TELECINE_STORAGE_LISTEN"],
        "127.0.0.1:9000",
        "address of the embedded S3 endpoint; port 0 takes a free one",
    )
    .example("127.0.0.1:0"),
    setting(
        "storage.embedded.cors_origins",
        &["TELECINE_STORAGE_CORS_ORIGINS"],
        "",
        "web origins that may use the embedded endpoint; empty allows any, every request is signed",
    )
    .list()
    .example("https://a.example"),
    setting(
        "storage.embedded.reserve_mb",
        &["TELECINE_STORAGE_RESERVE_MB"],
        "256",
        "megabytes of disk that writes to the embedded endpoint leave free",
    )
    .number(),
    setting(
        "storage.embedded.upload_max_age_days",
        &["TELECINE_STORAGE_UPLOAD_MAX_AGE_DAYS"],
        "7",
        "days after which the embedded endpoint removes a multipart upload without news; 0 means never",
    )
    .number(),
    setting(
        "uploads.max_size_bytes",
        &["MAX_UPLOAD_BYTES"],
        "5497558138880",
        "largest file that may be uploaded; 5 TiB is the most that S3 stores",
    )
    .number(),
    setting(
        "uploads.allowed_types",
        &["ALLOWED_MEDIA_TYPES"],
        "video/*,audio/*,image/gif,application/mp4,application/ogg,application/x-matroska,application/octet-stream",
        "media types that may be uploaded; browsers say `application/octet-stream` when they know none",
    )
    .list()
    .example("video/*,audio/mpeg"),
    setting("uploads.max_open_sessions", &[], "1000", "uploads that one API token may have open").number(),
    setting(
        "uploads.max_open_bytes",
        &[],
        "10995116277760",
        "announced bytes of the uploads that one API token may have open",
    )
    .number()
    .example("10995116277760"),
    setting("uploads.token_life_s", &[], "86400", "seconds for which an upload token works, 30 days at most")
        .number(),
    setting(
        "uploads.idle_seconds",
        &[],
        "3600",
        "seconds without activity after which an upload expires and what has arrived is removed",
    )
    .number(),
    setting(
        "redis.enabled",
        &["USE_REDIS"],
        "",
        "use Redis so that all processes give out the same presigned addresses; by default when it has an address",
    )
    .flag(),
    setting("redis.url", &["REDIS_URL"], "", "`redis://:password@host:6379/0`, or `rediss://…`")
        .secret()
        .example("redis://cache:6379"),
    setting("redis.host", &["REDIS_HOST"], "", "Redis host, instead of an address").example("cache"),
    setting("redis.port", &["REDIS_PORT"], "6379", "port at that host").number(),
    setting("redis.password", &["REDIS_PASSWORD"], "", "password at that host").secret().example("secret"),
    setting("redis.db", &["REDIS_DB"], "0", "number of the database at that host").number(),
    setting(
        "redis.timeout_ms",
        &[],
        "50",
        "milliseconds that Redis may take for one address before it is signed anew",
    )
    .number(),
    setting(
        "storage_events.token",
        &["STORAGE_EVENTS_TOKEN"],
        "",
        "what MinIO or the Worker of Cloudflare R2 sends as bearer token with its events; 16 characters or more",
    )
    .secret()
    .example("0123456789abcdef"),
    setting(
        "storage_events.sns_topic_arn",
        &["STORAGE_EVENTS_SNS_TOPIC_ARN"],
        "",
        "SNS topic of AWS S3 whose messages are taken as storage events",
    )
    .example("arn:aws:sns:eu-central-1:123456789012:uploads"),
    setting(
        "delivery.cdn_url",
        &["CDN_URL", "S3_CDN_URL", "R2_PUBLIC_URL"],
        "",
        "CDN in front of the bucket; with it, playback addresses are public and name the CDN",
    )
    .example("https://cdn.example"),
    setting(
        "delivery.purge.provider",
        &["CDN_PURGE"],
        "none",
        "who drops copies of deleted objects: `none`, `cloudflare`, or `webhook`, which gets `{\"urls\": […]}`",
    )
    .example("none"),
    setting("delivery.purge.zone_id", &["CLOUDFLARE_ZONE_ID"], "", "zone of the CDN at Cloudflare").example("0a1b"),
    setting(
        "delivery.purge.token",
        &["CDN_PURGE_TOKEN", "CLOUDFLARE_API_TOKEN"],
        "",
        "bearer token for it; at Cloudflare one with the right Cache Purge",
    )
    .secret()
    .example("token"),
    setting("delivery.purge.url", &["CDN_PURGE_URL"], "", "address of the webhook")
        .example("https://purge.example/"),
    setting(
        "outbound.allow_private_hosts",
        &["OUTBOUND_ALLOW_PRIVATE_HOSTS"],
        "",
        "`host:port` inside the own network that files may be fetched from; everything else there is refused",
    )
    .list()
    .example("intranet.example:8080"),
    setting(
        "outbound.ports",
        &["OUTBOUND_PORTS"],
        "80,443,8080,8443",
        "ports that files may be fetched from elsewhere; `host:port` of the own network needs none",
    )
    .list()
    .example("443"),
    setting(
        "imports.folders",
        &["IMPORT_FOLDERS"],
        "",
        "folders of this machine that jobs of other programs may name files in (`inputPath`)",
    )
    .list()
    .example("/srv/incoming"),
    setting(
        "cache.max_file_bytes",
        &["CACHE_MAX_FILE_BYTES"],
        "536870912",
        "bytes of the largest file that the media cache takes (512 MiB)",
    )
    .number(),
    setting(
        "cache.budget_bytes",
        &["CACHE_BUDGET_BYTES"],
        "53687091200",
        "bytes of all cached files (50 GiB); those unused for longest make room; 0 for no limit",
    )
    .number()
    .example("53687091200"),
    setting(
        "cache.max_seconds",
        &["CACHE_MAX_SECONDS"],
        "900",
        "seconds that the download of one file for the cache may take",
    )
    .number(),
    setting(
        "cache.per_host",
        &["CACHE_PER_HOST"],
        "4",
        "files that are fetched from one host at a time, in each process",
    )
    .number(),
    setting(
        "cache.revalidate_seconds",
        &["CACHE_REVALIDATE_SECONDS"],
        "86400",
        "seconds after which a server is asked whether a cached file has changed, when somebody wants it; 0 for never",
    )
    .number(),
    setting(
        "jobs.engine",
        &["JOBS_ENGINE"],
        "",
        "who hands jobs out: `table`, or `bullmq` in Redis; by default `bullmq` when Redis is used",
    )
    .example("table"),
    setting(
        "jobs.prefix",
        &["BULLMQ_PREFIX"],
        "bull",
        "first part of BullMQ's keys, as the other programs have it; `{bull}` on a Redis Cluster",
    )
    .example("{bull}"),
    setting(
        "jobs.default_concurrency",
        &["WORKER_CONCURRENCY"],
        "",
        "jobs of one queue at the same time, for every queue that `jobs.concurrency` does not name",
    )
    .number(),
    setting(
        "jobs.concurrency.video-processing",
        &[],
        "2",
        "videos looked at, and made playable, at the same time",
    )
    .number(),
    setting("jobs.concurrency.video-encoding", &[], "1", "videos whose ladder is encoded at the same time").number(),
    setting("jobs.concurrency.cleanup", &[], "2", "clean-up jobs at the same time").number(),
    setting("jobs.concurrency.captions", &[], "2", "playlists with new captions written at the same time").number(),
    setting("jobs.concurrency.uploads", &[], "4", "looks for uploads at the same time").number(),
    setting(
        "jobs.max_retries",
        &["MAX_RETRIES"],
        "",
        "times a failed job is tried again; by default each kind of job knows",
    )
    .number(),
    setting(
        "jobs.backoff_ms",
        &["BACKOFF_DELAY"],
        "",
        "milliseconds before the first retry, doubled with each further one; by default each kind of job knows",
    )
    .number(),
    setting(
        "jobs.shutdown_grace_s",
        &[],
        "5",
        "seconds that running jobs get to end at shutdown before they are handed back",
    )
    .number(),
    setting("video.ffmpeg", &["FFMPEG_PATH"], "ffmpeg", "the ffmpeg program").example("/usr/bin/ffmpeg"),
    setting("video.ffprobe", &["FFPROBE_PATH"], "ffprobe", "the ffprobe program").example("/usr/bin/ffprobe"),
    setting("video.quality", &[], "balanced", "`fast`, `balanced` or `best`: how much time goes into the pictures")
        .example("fast"),
    setting(
        "video.preset",
        &["FFMPEG_PRESET"],
        "",
        "x264 preset, `ultrafast` to `veryslow`, instead of the quality's: `veryfast`, `faster`, `slow`",
    )
    .example("veryfast"),
    setting("video.crf", &[], "", "x264 quality, 0 to 51, smaller is better, instead of the quality's: 22, 22, 20")
        .number(),
    setting("video.max_bitrate", &["VIDEO_BITRATE"], "", "the most a rung may have, such as `2000k`; its own cap otherwise")
        .example("2000k"),
    setting("video.audio_bitrate", &["AUDIO_BITRATE"], "128k", "bitrate of the stereo AAC track").example("96k"),
    setting(
        "video.loudness",
        &["LOUDNESS"],
        "",
        "how loud sound is made, in LUFS from -70 to -5, such as -16; as it is by default",
    )
    .example("-16"),
    setting(
        "video.keep_source",
        &["KEEP_SOURCE"],
        "true",
        "whether the uploaded file is kept after processing; without it a video cannot be processed again",
    )
    .flag()
    .example("false"),
    setting("video.watermark.enabled", &["WATERMARK_ENABLED"], "false", "whether every video gets the watermark").flag().example("false"),
    setting("video.watermark.image", &["WATERMARK_PATH"], "", "absolute path of a PNG, WebP or JPEG")
        .example("/bin/sh"),
    setting(
        "video.watermark.position",
        &["WATERMARK_POSITION"],
        "bottomright",
        "`topleft`, `top`, `topright`, `left`, `center`, `right`, `bottomleft`, `bottom` or `bottomright`",
    )
    .example("topleft"),
    setting("video.watermark.width", &[], "0.12", "its width as a share of the video's").share(),
    setting("video.watermark.margin", &[], "0.02", "its distance from the edges as a share of the video's width").share(),
    setting("video.watermark.opacity", &[], "0.6", "0 is invisible, 1 is as the image is").share(),
    setting(
        "video.split_seconds",
        &[],
        "600",
        "seconds from which a video is split among workers that have nothing to do; 0 is never",
    )
    .number(),
    setting("video.max_duration_seconds", &[], "21600", "longest video accepted").number(),
    setting("video.max_pixels", &[], "40000000", "largest picture accepted").number(),
    setting("video.probe_timeout_seconds", &[], "20", "seconds ffprobe may take").number(),
    setting(
        "video.silence_timeout_seconds",
        &[],
        "30",
        "seconds without a sign of life after which ffmpeg is ended; ten times as many while it computes",
    )
    .number(),
    setting("video.max_run_seconds", &[], "86400", "longest run of ffmpeg").number(),
    setting("video.max_memory_bytes", &[], "8000000000", "address space of one ffmpeg").number(),
    setting(
        "health.bind",
        &["HEALTH_CHECK_BIND"],
        "127.0.0.1",
        "address of the port for health and metrics, which asks for no token",
    )
    .example("0.0.0.0"),
    setting(
        "health.port",
        &["HEALTH_CHECK_PORT"],
        "",
        "port for health and metrics alone, for workers above all; 0 takes a free one, without it there is none",
    )
    .number(),
    setting("metrics.open", &["METRICS_OPEN"], "false", "whether `/metrics` of the API needs no token").flag(),
    setting("log.level", &["LOG_LEVEL"], "info", "`error`, `warn`, `info`, `debug` or `trace`")
        .example("debug"),
    setting("log.format", &["LOG_FORMAT"], "auto", "`pretty`, `json`, or `auto`: pretty on a terminal")
        .example("json"),
    setting(
        "telemetry.otlp_endpoint",
        &["OTEL_EXPORTER_OTLP_ENDPOINT"],
        "",
        "OpenTelemetry collector that gets spans of requests and jobs as OTLP in JSON over HTTP; without it none are made",
    )
    .example("http://127.0.0.1:4318"),
    setting(
        "telemetry.otlp_headers",
        &["OTEL_EXPORTER_OTLP_HEADERS"],
        "",
        "headers for it, `name=value` with commas between them",
    )
    .secret()
    .example("api-key=secret"),
    setting("telemetry.service_name", &["OTEL_SERVICE_NAME"], "telecine", "what this deployment is called there")
        .example("media"),
];

/// The setting of this name.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}
