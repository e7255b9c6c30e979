//! Statements over many rows at once: the rows travel as one JSON parameter.

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use serde::Serialize;

/// A column of the JSON parameter and its type on PostgreSQL.
pub(super) type JsonColumn = (&'static str, &'static str);

/// A query over the first parameter, an array of objects: its columns by name, absent ones as NULL.
pub(super) fn json_rows(backend: DbBackend, columns: &[JsonColumn]) -> String {
    let list = |column: fn(&JsonColumn) -> String| columns.iter().map(column).collect::<Vec<_>>().join(", ");
    match backend {
        DbBackend::Postgres => {
            let typed = list(|(name, kind)| format!("{name} {kind}"));
            format!("SELECT * FROM json_to_recordset($1::json) AS given({typed})")
        }
        _ => {
            let extracted = list(|(name, _)| format!("json_extract(value, '$.{name}') AS {name}"));
            // In binary form, a value is not written as text and parsed again for each of its columns.
            format!("SELECT {extracted} FROM jsonb_each($1)")
        }
    }
}

/// The rows as the first parameter.
pub(super) fn json(rows: &impl Serialize) -> Value {
    serde_json::to_string(rows).unwrap_or_else(|_| "[]".into()).into()
}

/// A statement with `$1`, `$2` … as both databases read them.
pub(crate) fn statement(
    conn: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(conn.get_database_backend(), sql, values)
}

/// Lets PostgreSQL pass over rows that another worker is just taking; SQLite has one writer at a time.
pub(super) fn skip_locked(conn: &impl ConnectionTrait) -> &'static str {
    match conn.get_database_backend() {
        DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    }
}
