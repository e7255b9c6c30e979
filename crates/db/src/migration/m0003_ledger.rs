//! The ledger of objects, and the digest that a client may announce.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_ledger"
    }
}

const STATEMENTS: [&str; 3] = [
    "CREATE TABLE objects (
        object_key TEXT NOT NULL PRIMARY KEY,
        owner TEXT NOT NULL,
        generation BIGINT NOT NULL,
        size BIGINT NOT NULL,
        checksum TEXT,
        created_at BIGINT NOT NULL
    )",
    // Serves everything else that is asked: the objects of a video, of one of its generations, and the next owner.
    "CREATE INDEX objects_owner ON objects (owner, generation)",
    "ALTER TABLE uploads ADD COLUMN sha256 TEXT",
];

#[expect(elided_lifetimes_in_paths, reason = "the trait is declared with them left out")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite would otherwise keep half of a migration when the process is killed.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in STATEMENTS {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
