//! Uploads: who opened them, and those whose size is not announced.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_uploads"
    }
}

/// Both columns may be null, as the previous release leaves them. It takes the modes it does not know for one PUT of no
/// bytes, which it never completes.
const STATEMENTS: [&str; 3] = [
    "ALTER TABLE uploads ADD COLUMN owner TEXT",
    "ALTER TABLE uploads ADD COLUMN mode TEXT",
    // Serves the limits of an owner.
    "CREATE INDEX uploads_open_of_owner ON uploads (owner) WHERE status = 'open'",
];

#[expect(elided_lifetimes_in_paths, reason = "the trait is declared with them left out")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
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
