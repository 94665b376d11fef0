//! What happens without a request.

use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, JobWorker};
use kit::AppState;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::logging::Folding;
use crate::mail::Mailer;

/// How often uses of keys and sessions, and refusals, are written down.
const FLUSH: Duration = Duration::from_secs(1);

/// How often what is over (sessions, links, grants, old failures) is cleared away.
const SWEEP: Duration = Duration::from_secs(60);

/// How often keys are looked for whose owners are to be told that they end.
const NOTICES: Duration = Duration::from_secs(3_600);

/// How long a worker without a job waits before it looks for one that another server has begun.
const IDLE: Duration = Duration::from_secs(1);

/// What runs beside the requests.
pub struct Background {
    sweeping: JoinHandle<()>,
    /// What ends its turn before it stops, each with the way to tell it.
    finishing: [(&'static str, JoinHandle<()>, oneshot::Sender<()>); 3],
}

/// Starts it all.
pub fn start(
    directory: &Directory,
    state: &AppState,
    mailer: Mailer,
    folded: Arc<Folding>,
) -> Background {
    let (stop_flushing, flushing_stopped) = oneshot::channel();
    let (stop_mailing, mailing_stopped) = oneshot::channel();
    let (stop_working, working_stopped) = oneshot::channel();
    let working = tokio::spawn(work(directory.clone(), working_stopped));
    let flushing = tokio::spawn(flush(directory.clone(), flushing_stopped));
    let mailing = tokio::spawn(mailer.run(mailing_stopped));
    Background {
        sweeping: tokio::spawn(sweep(directory.clone(), state.clone(), folded)),
        finishing: [
            ("writing down uses", flushing, stop_flushing),
            ("sending mail", mailing, stop_mailing),
            ("doing jobs", working, stop_working),
        ],
    }
}

impl Background {
    /// Ends it all, before the store is closed.
    pub async fn end(self) {
        self.sweeping.abort();
        for (what, task, stop) in self.finishing {
            // Whoever is not there to be told has ended.
            let _ = stop.send(());
            if let Err(error) = task.await {
                tracing::error!(%error, "{what} broke off");
            }
        }
    }
}

/// Nothing that is over counts any more, swept or not: this only keeps the tables small. What
/// administrators changed on another node is looked at too.
async fn sweep(directory: Directory, state: AppState, folded: Arc<Folding>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut noticed = None;
    loop {
        ticks.tick().await;
        folded.tell();
        let now = directory.elapsed();
        if noticed.is_none_or(|last| now.saturating_sub(last) >= NOTICES) {
            match directory.notify_expiring_keys().await {
                Ok(told) => {
                    noticed = Some(now);
                    if told > 0 {
                        tracing::info!(keys = told, "owners were told of keys that end soon");
                    }
                }
                Err(fault) => tracing::warn!(%fault, "cannot tell of keys that end soon"),
            }
        }
        if let Err(fault) = directory.sweep().await {
            tracing::warn!(%fault, "cannot clear away what is over");
        }
        match directory.apply_retention().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed events that are no longer kept"),
            Err(fault) => tracing::warn!(%fault, "cannot remove events that are no longer kept"),
        }
        match directory.suspend_inactive().await {
            Ok(0) => {}
            Ok(suspended) => tracing::info!(suspended, "suspended accounts that nobody uses"),
            Err(fault) => tracing::warn!(%fault, "cannot suspend what nobody uses"),
        }
        match directory.setting().await {
            Ok(face) => state.apply_branding(&face),
            Err(fault) => tracing::warn!(%fault, "cannot read the public address"),
        }
    }
}

/// Does jobs a chunk at a time. A chunk that has begun is ended; what is left is done after the next
/// start, by this server or another.
async fn work(directory: Directory, mut stopped: oneshot::Receiver<()>) {
    let mut worker = JobWorker::new(&directory, dialect_native::describe_fault);
    let mut swept = None;
    loop {
        if !matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            return;
        }
        let now = directory.elapsed();
        if swept.is_none_or(|last| now.saturating_sub(last) >= SWEEP) {
            swept = Some(now);
            if let Err(fault) = worker.sweep().await {
                tracing::warn!(%fault, "cannot clear away jobs that are over");
            }
        }
        let pause = match worker.turn().await {
            Ok(true) => continue,
            Ok(false) => worker.wait(IDLE),
            Err(fault) => {
                tracing::warn!(%fault, "a job waits for the store");
                worker.wait(IDLE)
            }
        };
        tokio::select! {
            () = pause => {}
            _ = &mut stopped => return,
        }
    }
}

/// Nothing is written while nothing was used, so an idle server costs nothing. A turn that has begun is
/// ended: what it took from memory would be lost otherwise.
async fn flush(directory: Directory, mut stopped: oneshot::Receiver<()>) {
    let mut ticks = interval(FLUSH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stopped => return,
        }
        // What could not be written is kept for the next time.
        if let Err(fault) = directory.flush_uses().await {
            tracing::warn!(%fault, "cannot write down uses of keys");
        }
        if let Err(fault) = directory.flush_refusals().await {
            tracing::warn!(%fault, "cannot write down refusals");
        }
    }
}
