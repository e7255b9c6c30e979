//! The events of a transaction: one row for each thing that it has touched, with how that stands at the commit.

use sea_orm::{DbBackend, Statement};

use crate::touched::Touched;

pub(super) const POSTGRES_NOW: &str = "((extract(epoch FROM clock_timestamp()) * 1000)::bigint)";
pub(super) const SQLITE_NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// How things of one kind are told. A row that is gone by now has been removed.
struct Kind {
    name: &'static str,
    table: &'static str,
    /// JSON of a row, which may be missing, in the words of SQLite.
    sqlite: &'static str,
    /// The same in the words of PostgreSQL.
    postgres: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "video",
        table: "videos",
        sqlite: "CASE WHEN it.id IS NULL OR it.deleted_at IS NOT NULL \
            THEN json_object('id', touched.value, 'status', 'deleted') \
          ELSE json_object('id', it.id, 'status', it.status, 'title', it.title, \
            'playable', json(CASE WHEN it.playable THEN 'true' ELSE 'false' END), 'progress', it.progress, \
            'failure', {failure}) END",
        postgres: "(CASE WHEN it.id IS NULL OR it.deleted_at IS NOT NULL \
            THEN json_build_object('id', touched.value, 'status', 'deleted') \
          ELSE json_build_object('id', it.id, 'status', it.status, 'title', it.title, \
            'playable', it.playable, 'progress', it.progress, 'failure', {failure}) END)::text",
    },
    Kind {
        name: "upload",
        table: "uploads",
        sqlite: "json_object('id', touched.value, 'video_id', it.video_id, 'status', coalesce(it.status, 'deleted'))",
        postgres: "(json_build_object('id', touched.value, 'video_id', it.video_id, \
            'status', coalesce(it.status, 'deleted')))::text",
    },
    Kind {
        name: "job",
        table: "jobs",
        sqlite: "CASE WHEN it.id IS NULL THEN json_object('id', touched.value, 'state', 'removed') \
          ELSE json_object('id', it.id, 'queue', it.queue, 'name', it.name, 'state', it.state, \
            'subject', it.subject, 'progress', it.progress, 'report', json(coalesce(it.progress_data, 'null')), \
            'attempts', it.attempts_made, 'failure', json(CASE WHEN it.failed_code IS NULL THEN 'null' \
              ELSE json_object('code', it.failed_code, 'message', it.failed_reason) END)) END",
        postgres: "(CASE WHEN it.id IS NULL THEN json_build_object('id', touched.value, 'state', 'removed') \
          ELSE json_build_object('id', it.id, 'queue', it.queue, 'name', it.name, 'state', it.state, \
            'subject', it.subject, 'progress', it.progress, 'report', it.progress_data::json, \
            'attempts', it.attempts_made, 'failure', CASE WHEN it.failed_code IS NULL THEN NULL \
              ELSE json_build_object('code', it.failed_code, 'message', it.failed_reason) END) END)::text",
    },
    Kind {
        name: "image",
        table: "images",
        sqlite: "CASE WHEN it.id IS NULL OR it.deleted_at IS NOT NULL \
            THEN json_object('id', touched.value, 'status', 'deleted') \
          ELSE json_object('id', it.id, 'status', it.status, 'title', it.title, 'progress', it.progress, \
            'failure', {failure}) END",
        postgres: "(CASE WHEN it.id IS NULL OR it.deleted_at IS NOT NULL \
            THEN json_build_object('id', touched.value, 'status', 'deleted') \
          ELSE json_build_object('id', it.id, 'status', it.status, 'title', it.title, 'progress', it.progress, \
            'failure', {failure}) END)::text",
    },
    Kind {
        name: "asset",
        table: "cache_assets",
        sqlite: "CASE WHEN it.id IS NULL THEN json_object('id', touched.value, 'status', 'deleted') \
          ELSE json_object('id', it.id, 'status', it.status, 'failure', {failure}) END",
        postgres: "(CASE WHEN it.id IS NULL THEN json_build_object('id', touched.value, 'status', 'deleted') \
          ELSE json_build_object('id', it.id, 'status', it.status, 'failure', {failure}) END)::text",
    },
    Kind {
        name: "episode",
        table: "episodes",
        sqlite: "CASE WHEN it.id IS NULL THEN json_object('id', touched.value, 'status', 'deleted') \
          ELSE json_object('id', it.id, 'movie_id', it.movie_id, 'number', it.number, 'status', it.status, \
            'failure', {failure}) END",
        postgres: "(CASE WHEN it.id IS NULL THEN json_build_object('id', touched.value, 'status', 'deleted') \
          ELSE json_build_object('id', it.id, 'movie_id', it.movie_id, 'number', it.number, 'status', it.status, \
            'failure', {failure}) END)::text",
    },
];

const SQLITE_FAILURE: &str = "json(CASE WHEN it.failure_code IS NULL THEN 'null' \
    ELSE json_object('code', it.failure_code, 'message', it.failure_message) END)";
const POSTGRES_FAILURE: &str = "CASE WHEN it.failure_code IS NULL THEN NULL \
    ELSE json_build_object('code', it.failure_code, 'message', it.failure_message) END";

/// Writes an event for everything that the transaction has touched.
pub(crate) fn written(backend: DbBackend, touched: &Touched) -> Statement {
    let (mut selects, mut values) = (Vec::new(), Vec::new());
    for (name, ids) in touched.lists() {
        let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else { continue };
        values.push(ids.into());
        selects.push(kind.select(backend, values.len()));
    }
    let sql = format!("INSERT INTO events (at, kind, subject, data) {}", selects.join(" UNION ALL "));
    Statement::from_sql_and_values(backend, sql, values)
}

impl Kind {
    /// One row for each id of the list that is the parameter of this number.
    fn select(&self, backend: DbBackend, parameter: usize) -> String {
        let Self { name, table, sqlite, postgres } = self;
        let (now, data, failure, list) = match backend {
            DbBackend::Postgres => (
                POSTGRES_NOW,
                postgres,
                POSTGRES_FAILURE,
                format!("json_array_elements_text(${parameter}::json) AS touched(value)"),
            ),
            _ => (SQLITE_NOW, sqlite, SQLITE_FAILURE, format!("json_each(${parameter}) AS touched")),
        };
        let data = data.replace("{failure}", failure);
        format!(
            "SELECT {now}, '{name}', touched.value, {data} \
             FROM {list} LEFT JOIN {table} AS it ON it.id = touched.value"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_be_touched_can_be_told() {
        let mut touched = Touched::default();
        touched.video(telecine_model::VideoId::generate());
        touched.upload(telecine_model::UploadId::generate());
        touched.job("job");
        touched.image(telecine_model::ImageId::generate());
        touched.asset(telecine_model::CacheAssetId::generate());
        touched.episode(telecine_model::EpisodeId::generate());
        assert_eq!(touched.lists().count(), KINDS.len());
        for (name, _) in touched.lists() {
            assert!(KINDS.iter().any(|kind| kind.name == name), "{name}");
        }
    }
}
