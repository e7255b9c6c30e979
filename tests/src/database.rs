//! A migrated, empty database of either kind.

use telecine_db::jobs::{self, Claimant, Job};
use telecine_db::{Db, DbError, Tx};
use tempfile::TempDir;

use crate::postgres::Postgres;

/// A database that is gone when dropped.
pub struct TestDatabase {
    /// The connection.
    pub db: Db,
    _home: Home,
}

#[expect(dead_code, reason = "held until the database is dropped")]
enum Home {
    Folder(TempDir),
    Server(Postgres),
}

/// An empty SQLite database.
pub async fn sqlite() -> Option<TestDatabase> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}/test.sqlite", folder.path().display());
    Some(TestDatabase { db: migrated(&url).await, _home: Home::Folder(folder) })
}

/// An empty PostgreSQL database; `None` where there is no PostgreSQL.
pub async fn postgresql() -> Option<TestDatabase> {
    let server = Postgres::start()?;
    Some(TestDatabase { db: migrated(&server.url()).await, _home: Home::Server(server) })
}

async fn migrated(url: &str) -> Db {
    let db = Db::connect(&url.to_owned().into()).await.expect("the database opens");
    db.migrate().await.expect("the migrations run");
    db
}

/// Runs one async function as a test on each database: `on_both_databases!(name_of_the_function);`
#[macro_export]
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => { $(
        mod $test {
            #[tokio::test]
            async fn sqlite() {
                if let Some(database) = $crate::database::sqlite().await {
                    super::$test(database.db.clone()).await;
                }
            }

            #[tokio::test]
            async fn postgresql() {
                if let Some(database) = $crate::database::postgresql().await {
                    super::$test(database.db.clone()).await;
                }
            }
        }
    )+ };
}

/// Claims up to `count` jobs of one queue.
///
/// # Errors
/// [`DbError`].
pub async fn claim(tx: &Tx, queue: &str, count: usize, claimant: Claimant<'_>) -> Result<Vec<Job>, DbError> {
    Ok(jobs::turn(tx, &[], &[(queue, count)], claimant).await?.claimed.remove(0))
}
