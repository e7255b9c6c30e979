//! Jobs for two engines: order, delays, flows, schedules, attempts, logs, queues and live events.

use super::Statements;

/// `{identity}` and `{transaction}` are written out for each database by [`Statements`].
pub(super) const MIGRATION: Statements = Statements {
    name: "m0004_jobs",
    statements: &[
        // Order of adding, in microseconds since 1970; strictly growing within one process.
        "ALTER TABLE jobs ADD COLUMN seq BIGINT NOT NULL DEFAULT 0",
        // `exponential` or `fixed`; and, 0 to 1, the share of the wait that is left to chance.
        "ALTER TABLE jobs ADD COLUMN backoff_kind TEXT NOT NULL DEFAULT 'exponential'",
        "ALTER TABLE jobs ADD COLUMN backoff_jitter DOUBLE PRECISION NOT NULL DEFAULT 0",
        "ALTER TABLE jobs ADD COLUMN timeout_ms BIGINT",
        // What a job reports beside the number: any JSON.
        "ALTER TABLE jobs ADD COLUMN progress_data TEXT",
        // What a completed job has returned: JSON.
        "ALTER TABLE jobs ADD COLUMN result TEXT",
        "ALTER TABLE jobs ADD COLUMN failed_detail TEXT",
        // The parent waits for `children_left` more children; `on_failure` says what a failed child does to it.
        "ALTER TABLE jobs ADD COLUMN parent_id TEXT",
        "ALTER TABLE jobs ADD COLUMN on_failure TEXT",
        "ALTER TABLE jobs ADD COLUMN children_left INTEGER NOT NULL DEFAULT 0",
        // When the row was handed to a queue outside the database; NULL while it is still to be, 0 where there is none.
        "ALTER TABLE jobs ADD COLUMN relayed_at BIGINT",
        // The id that another program gave the job; NULL for ours.
        "ALTER TABLE jobs ADD COLUMN foreign_id TEXT",
        "UPDATE jobs SET seq = created_at * 1000",
        "UPDATE jobs SET state = 'delayed' WHERE state = 'waiting' AND run_at > created_at",
        "DROP INDEX jobs_waiting",
        "DROP INDEX jobs_due",
        "DROP INDEX jobs_finished",
        // Each index serves one statement of jobs/: claim, promote, lists and pruning, counts, flows, relay.
        // Each is as small as it can be, because every change of state pays for them.
        "CREATE INDEX jobs_next ON jobs (queue, priority, seq) WHERE state = 'waiting'",
        "CREATE INDEX jobs_delayed ON jobs (run_at) WHERE state = 'delayed'",
        "CREATE INDEX jobs_ended ON jobs (queue, state, finished_at) WHERE finished_at IS NOT NULL",
        "CREATE INDEX jobs_parents ON jobs (queue) WHERE state = 'waiting-children'",
        "CREATE INDEX jobs_children ON jobs (parent_id) WHERE parent_id IS NOT NULL",
        "CREATE INDEX jobs_unrelayed ON jobs (seq) WHERE relayed_at IS NULL AND finished_at IS NULL",
        "CREATE TABLE job_attempts (
        job_id TEXT NOT NULL,
        token BIGINT NOT NULL,
        worker TEXT,
        started_at BIGINT,
        ended_at BIGINT NOT NULL,
        outcome TEXT NOT NULL,
        code TEXT,
        message TEXT,
        detail TEXT,
        PRIMARY KEY (job_id, token)
    )",
        "CREATE TABLE job_logs (
        job_id TEXT NOT NULL,
        line_number BIGINT NOT NULL,
        at BIGINT NOT NULL,
        line TEXT NOT NULL,
        PRIMARY KEY (job_id, line_number)
    )",
        // Only queues that are or were paused or limited have a row.
        "CREATE TABLE queues (
        name TEXT NOT NULL PRIMARY KEY,
        paused BOOLEAN NOT NULL DEFAULT FALSE,
        window_until BIGINT NOT NULL DEFAULT 0,
        window_used BIGINT NOT NULL DEFAULT 0
    )",
        "CREATE TABLE schedules (
        id TEXT NOT NULL PRIMARY KEY,
        queue TEXT NOT NULL,
        name TEXT NOT NULL,
        data TEXT NOT NULL,
        cron TEXT,
        time_zone TEXT,
        every_ms BIGINT,
        options TEXT NOT NULL,
        next_at BIGINT NOT NULL,
        last_at BIGINT,
        created_at BIGINT NOT NULL
    )",
        "CREATE INDEX schedules_next ON schedules (next_at)",
        "CREATE TABLE events (
        id {identity},
        transaction_id BIGINT NOT NULL DEFAULT {transaction},
        at BIGINT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        data TEXT NOT NULL
    )",
        "CREATE INDEX events_order ON events (transaction_id, id)",
    ],
};
