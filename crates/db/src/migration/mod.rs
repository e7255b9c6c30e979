//! The schema's history. Migrations only go forward, and each keeps the previous release running: a database that a newer
//! release has migrated serves this one too.

mod m0001_foundation;
mod m0002_uploads;
mod m0003_ledger;

use sea_orm_migration::prelude::*;
use sea_orm_migration::{MigratorTraitSelf, seaql_migrations};

/// This release's migrations, and those that the database has from a newer one.
pub(crate) struct Migrator {
    unknown: Vec<String>,
}

impl Migrator {
    /// What the database has beyond this release's migrations.
    pub(crate) async fn of(conn: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let ours = Self { unknown: Vec::new() };
        let is_ours = |row: &seaql_migrations::Model| known().iter().any(|it| it.name() == row.version);
        let applied = ours.get_migration_models(conn).await?;
        let unknown = applied.into_iter().filter(|row| !is_ours(row)).map(|row| row.version);
        Ok(Self { unknown: unknown.collect() })
    }

    /// The names of the migrations that this release does not know.
    pub(crate) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The names of the migrations that have not run yet.
    pub(crate) async fn pending(&self, conn: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
        let pending = self.get_pending_migrations(conn).await?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }
}

fn known() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_foundation::MIGRATION),
        Box::new(m0002_uploads::MIGRATION),
        Box::new(m0003_ledger::MIGRATION),
    ]
}

impl MigratorTraitSelf for Migrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        let unknown = self.unknown.iter().cloned();
        known().into_iter().chain(unknown.map(|name| Box::new(OfANewerRelease(name)) as Box<_>)).collect()
    }
}

/// A migration of plain SQL that both databases read alike.
struct Statements {
    name: &'static str,
    statements: &'static [&'static str],
}

impl MigrationName for Statements {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is declared with them left out")]
#[async_trait::async_trait]
impl MigrationTrait for Statements {
    /// SQLite would otherwise keep half of a migration when the process is killed.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in self.statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// Stands for a migration that has run already and is unknown here, which the library would take for a lost file.
struct OfANewerRelease(String);

impl MigrationName for OfANewerRelease {
    fn name(&self) -> &str {
        &self.0
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is declared with them left out")]
#[async_trait::async_trait]
impl MigrationTrait for OfANewerRelease {
    async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
