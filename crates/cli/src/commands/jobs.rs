//! `telecine jobs`.

mod change;
mod list;
mod logs;
mod many;
mod overview;
mod show;
mod times;

use std::process::ExitCode;
use std::sync::Arc;

use telecine_db::ServerClock;
use telecine_model::{Clock, SystemClock};
use telecine_queue::Queues;

use crate::args::{JobsAction, JobsArgs};
use crate::platform;
use crate::settings::Settings;
use change::Change;

/// Looks at jobs in the database, or changes them there.
pub(crate) async fn run(settings: Settings, args: JobsArgs) -> anyhow::Result<ExitCode> {
    let db = platform::open_existing_database(&settings).await?;
    let clock = ServerClock::of(&db, Arc::new(SystemClock)).await?;
    let queues = platform::queues(&settings, db.clone(), clock.clone())?;
    let done = act(&*queues, &*clock, args.action).await;
    db.close().await;
    done
}

async fn act(queues: &dyn Queues, clock: &dyn Clock, action: JobsAction) -> anyhow::Result<ExitCode> {
    match action {
        JobsAction::Ls(args) => list::print(queues, clock, args).await?,
        JobsAction::Show { id, json } => show::print(queues, clock, &id, json).await?,
        JobsAction::Logs { id, follow: false } => logs::print(queues, &id).await?,
        JobsAction::Logs { id, follow: true } => logs::follow(queues, clock, &id).await?,
        JobsAction::Retry(args) => match args.all {
            Some(queue) => many::retry(queues, &queue, args.text, args.dry_run).await?,
            None => return change::each(queues, Change::Retry, &args.ids).await,
        },
        JobsAction::Promote { ids } => return change::each(queues, Change::Promote, &ids).await,
        JobsAction::Cancel(jobs) => return change::chosen(queues, Change::Cancel, &jobs).await,
        JobsAction::Rm(jobs) => return change::chosen(queues, Change::Remove, &jobs).await,
        JobsAction::Pause { queue } => many::pause(queues, &queue).await?,
        JobsAction::Resume { queue } => many::resume(queues, &queue).await?,
        JobsAction::Clear(args) => many::clear(queues, clock, args).await?,
        JobsAction::Queues { json } => overview::queues(queues, json).await?,
        JobsAction::Schedules { json } => overview::schedules(queues, clock, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}
