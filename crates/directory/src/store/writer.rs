//! SQLite's one writer: a thread that commits waiting writes in groups.
//!
//! A write is answered only after the commit that holds it has reached the disk. Writes of one group see each other's rows
//! in the order they came; each can fail alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Figures;
use super::access::{AuthRevision, AuthRevisionCounter};
use super::error::{Res, StoreError};
use super::transaction::{Arm, Journal, Tx};
use super::{copies, sqlite};

const QUEUE: usize = 1024;
const GROUP: usize = 256;
/// How long a write is waited for. A disk that hangs longer than this is as good as lost.
const PATIENCE: Duration = Duration::from_secs(15);
/// After so long without a write the log is taken into the main file.
const REST: Duration = Duration::from_secs(5);
const GROUP_TIME: Duration = Duration::from_millis(20);
/// After a write had to be undone amid others, so many groups keep savepoints.
const GUARDED_GROUPS: u32 = 64;

/// The way to the writer.
#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Job(Box<dyn Job>),
    Stop,
}

/// A write that waits or has run. It may be run more than once; its last result counts.
trait Job: Send {
    /// Whether nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
    /// Runs it. `since` is given while nothing that authentication reads was changed in its group.
    fn run(&mut self, connection: &mut Connection, since: Option<AuthRevision>) -> Ran;
    /// Answers, with the group's failure if it failed.
    fn answer(self: Box<Self>, group: Option<StoreError>);
}

struct Ran {
    kept: bool,
    wrote: bool,
    /// Whether it changed anything that authentication reads.
    decided: bool,
    /// The failure of the database that ended it.
    broken: Option<StoreError>,
    statements: u32,
}

struct Write<F, T, E> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Write<F, T, E>
where
    T: Send,
    E: From<StoreError> + Send,
    F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, connection: &mut Connection, since: Option<AuthRevision>) -> Ran {
        let mut journal = Journal::writing(since);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = Tx::new(Arm::Lite(connection), &mut journal);
            sqlite::poll_once((self.work)(&mut tx))
        }));
        let result = match outcome {
            Ok(Some(result)) => result,
            Ok(None) => Err(sqlite::waited().into()),
            Err(_) => Err(StoreError::Bug("a use-case panicked".to_owned()).into()),
        };
        let broken = journal.broken.clone();
        let result = journal.decide(result);
        let ran = Ran {
            kept: result.is_ok(),
            wrote: journal.wrote,
            decided: journal.decided,
            broken,
            statements: journal.statements,
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>, group: Option<StoreError>) {
        let result = match (group, self.result) {
            (Some(error), _) => Err(error.into()),
            (None, Some(result)) => result,
            (None, None) => {
                Err(StoreError::Bug("a write was answered before it ran".to_owned()).into())
            }
        };
        // Nobody listens any more: what is written stays written.
        drop(self.reply.send(result));
    }
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: Connection,
        figures: Arc<Figures>,
        changes: Arc<AuthRevisionCounter>,
        folder: Option<Arc<sqlite::Folder>>,
    ) -> Res<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("usher-writer".to_owned())
            .spawn(move || {
                Groups {
                    connection,
                    figures,
                    changes,
                    folder,
                    decided: false,
                    guarded: 0,
                    written: false,
                }
                .serve(&jobs)
            })
            .map_err(|error| StoreError::Lost(error.to_string()))?;
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Queues a write and waits until it is on the disk.
    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Message::Job(Box::new(Write {
            work,
            result: None,
            reply,
        }));
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => stopped(),
        })?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(stopped().into())),
            Err(_) => Err(StoreError::Silent.into()),
        }
    }

    /// Lets the queued writes finish and waits for the thread. Must not be called on a thread that serves requests.
    pub(super) fn stop(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match thread {
            // The last owner of the store may be a job, and the writer cannot wait for its own end: it
            // comes when this job's group is done.
            Some(thread) if thread.thread().id() == std::thread::current().id() => {
                drop(self.queue.try_send(Message::Stop));
            }
            Some(thread) => {
                drop(self.queue.send(Message::Stop));
                drop(thread.join());
            }
            None => {}
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn stopped() -> StoreError {
    StoreError::Lost("the store is closed".to_owned())
}

struct Groups {
    connection: Connection,
    figures: Arc<Figures>,
    changes: Arc<AuthRevisionCounter>,
    /// The folder whose file says that it is open; none for a store that goes away.
    folder: Option<Arc<sqlite::Folder>>,
    /// Whether anything was written since the last checkpoint at rest.
    written: bool,
    /// Whether a write of this group changed anything that authentication reads.
    decided: bool,
    /// How many groups to come run every job in a savepoint.
    guarded: u32,
}

impl Groups {
    fn serve(mut self, jobs: &Receiver<Message>) {
        while let Some(Message::Job(first)) = self.next(jobs) {
            self.written = true;
            if self.group(first, jobs) {
                break;
            }
        }
        let ended = match &self.folder {
            Some(folder) => copies::end(&self.connection, folder),
            None => Ok(()),
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "the file still says that it is open");
        }
        self.checkpoint();
    }

    /// Waits for the next write. When there is none for a while, what was written goes from the log into the main file, once; an idle
    /// store does nothing.
    fn next(&mut self, jobs: &Receiver<Message>) -> Option<Message> {
        while self.written && self.folder.is_some() {
            match jobs.recv_timeout(REST) {
                // A clean-up that found nothing has left nothing there, and cutting an empty log would write all the same.
                Err(RecvTimeoutError::Timeout) => {
                    self.written = !self.has_empty_log() && !self.empty_log()
                }
                other => return other.ok(),
            }
        }
        jobs.recv().ok()
    }

    fn has_empty_log(&self) -> bool {
        self.folder
            .as_ref()
            .is_some_and(|folder| folder.has_empty_log())
    }

    /// Takes all of the log into the main file and cuts the log to nothing, without waiting for anybody; false while a read that goes on
    /// needs the log.
    fn empty_log(&self) -> bool {
        let emptied = self.connection.busy_timeout(Duration::ZERO).and_then(|()| {
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                    Ok(row.get::<_, i64>(0)? == 0)
                })
        });
        let restored = self.connection.busy_timeout(sqlite::LOCK_PATIENCE);
        match restored.and(emptied) {
            Ok(emptied) => emptied,
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log stays behind");
                // The next write tries again.
                true
            }
        }
    }

    /// Passive, so that a long read holds nothing up; the last connection to close does the rest.
    fn checkpoint(&self) {
        if let Err(error) = self
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        {
            tracing::warn!(%error, "the write-ahead log stays behind");
        }
    }

    /// Runs and answers one group; tells whether the store is to stop.
    fn group(&mut self, first: Box<dyn Job>, jobs: &Receiver<Message>) -> bool {
        let mut group = Vec::new();
        let mut stop = false;
        let failure = self
            .fill(&mut group, first, jobs, &mut stop)
            .and_then(|()| sqlite::command(&self.connection, "COMMIT"));
        if failure.is_err() && !self.connection.is_autocommit() {
            self.roll_back();
        }
        let failure = failure.err();
        self.figures.health.note_write(failure.as_ref());
        // After the commit and before any answer: whoever learns of a change finds nothing remembered from before it.
        if std::mem::take(&mut self.decided) {
            self.changes.raise();
        }
        self.guarded = self.guarded.saturating_sub(1);
        for job in group {
            job.answer(failure.clone());
        }
        stop
    }

    fn fill(
        &mut self,
        group: &mut Vec<Box<dyn Job>>,
        first: Box<dyn Job>,
        jobs: &Receiver<Message>,
        stop: &mut bool,
    ) -> Res<()> {
        let started = Instant::now();
        let mut next = Some(first);
        let mut written = false;
        let begun = sqlite::command(&self.connection, "BEGIN IMMEDIATE");
        while let Some(job) = next.take() {
            if !job.abandoned() {
                group.push(job);
                begun.clone()?;
                self.run_last(group, &mut written)?;
            }
            if group.len() < GROUP && started.elapsed() < GROUP_TIME {
                match jobs.try_recv() {
                    Ok(Message::Job(job)) => next = Some(job),
                    Ok(Message::Stop) => *stop = true,
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Runs the job that came last. `written` tells whether an earlier one left rows in the transaction.
    fn run_last(&mut self, group: &mut [Box<dyn Job>], written: &mut bool) -> Res<()> {
        let Some((job, earlier)) = group.split_last_mut() else {
            return Ok(());
        };
        if self.guarded > 0 && *written {
            return self.run_guarded(job).map(|wrote| *written |= wrote);
        }
        let ran = self.run(job);
        self.still_open(&ran)?;
        if ran.kept || !ran.wrote {
            *written |= ran.kept && ran.wrote;
            return Ok(());
        }
        // The job failed after it had written. If it is alone in the transaction, that is begun anew. If not, the whole
        // group is run again with a savepoint for each job: this is rare, and savepoints cost a sixth of a create.
        sqlite::command(&self.connection, "ROLLBACK")?;
        sqlite::command(&self.connection, "BEGIN IMMEDIATE")?;
        if *written {
            self.guarded = GUARDED_GROUPS;
            *written = false;
            for job in earlier.iter_mut().chain(std::iter::once(job)) {
                *written |= self.run_guarded(job)?;
            }
        }
        Ok(())
    }

    fn run(&mut self, job: &mut Box<dyn Job>) -> Ran {
        // What earlier writes of the group decided is not committed yet, so nobody outside knows of it.
        let since = (!self.decided).then(|| self.changes.now());
        let ran = job.run(&mut self.connection, since);
        self.figures.count(ran.statements);
        self.figures.health.note_write(ran.broken.as_ref());
        self.decided |= ran.decided;
        ran
    }

    /// Runs a job in a savepoint; tells whether it left rows.
    fn run_guarded(&mut self, job: &mut Box<dyn Job>) -> Res<bool> {
        sqlite::command(&self.connection, "SAVEPOINT job")?;
        let ran = self.run(job);
        self.still_open(&ran)?;
        if !ran.kept {
            sqlite::command(&self.connection, "ROLLBACK TO job")?;
        }
        sqlite::command(&self.connection, "RELEASE job")?;
        Ok(ran.kept && ran.wrote)
    }

    /// A full disk and the like make SQLite undo the whole transaction; then no job of the group has happened.
    fn still_open(&self, ran: &Ran) -> Res<()> {
        if !self.connection.is_autocommit() {
            return Ok(());
        }
        let unnamed = || StoreError::Lost("a transaction was undone".to_owned());
        Err(ran.broken.clone().unwrap_or_else(unnamed))
    }

    fn roll_back(&self) {
        if let Err(error) = sqlite::command(&self.connection, "ROLLBACK") {
            tracing::error!(%error, "a failed group of writes was not rolled back");
        }
    }
}
