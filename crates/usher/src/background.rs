//! What happens without a request.

use std::time::Duration;

use dialects::kit::Shared;
use directory::Directory;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::mail::Mailer;

/// How often uses of keys and sessions, and refusals, are written down.
const FLUSH: Duration = Duration::from_secs(1);

/// How often what is over (sessions, links, grants, old failures) is cleared away.
const SWEEP: Duration = Duration::from_secs(60);

/// What runs beside the requests.
pub struct Background {
    tidying: [JoinHandle<()>; 2],
    mailing: JoinHandle<()>,
    stop_mailing: oneshot::Sender<()>,
}

/// Starts it all.
pub fn start(directory: &Directory, shared: &Shared, mailer: Mailer) -> Background {
    let (stop_mailing, stopped) = oneshot::channel();
    Background {
        tidying: [
            tokio::spawn(flush(directory.clone())),
            tokio::spawn(sweep(directory.clone(), shared.clone())),
        ],
        mailing: tokio::spawn(mailer.run(stopped)),
        stop_mailing,
    }
}

impl Background {
    /// Ends it all, before the store is closed.
    pub async fn end(self) {
        for task in &self.tidying {
            task.abort();
        }
        // Whoever is not there to be told has ended.
        let _ = self.stop_mailing.send(());
        if let Err(error) = self.mailing.await {
            tracing::error!(%error, "sending mail broke off");
        }
    }
}

/// Nothing that is over counts any more, swept or not: this only keeps the tables small. What
/// administrators changed on another node is looked at too.
async fn sweep(directory: Directory, shared: Shared) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(fault) = directory.sweep().await {
            tracing::warn!(%fault, "cannot clear away what is over");
        }
        match directory.setting().await {
            Ok(face) => shared.take_face(&face),
            Err(fault) => tracing::warn!(%fault, "cannot read the public address"),
        }
    }
}

/// Nothing is written while nothing was used, so an idle server costs nothing.
async fn flush(directory: Directory) {
    let mut ticks = interval(FLUSH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // What could not be written is kept for the next time.
        if let Err(fault) = directory.flush_uses().await {
            tracing::warn!(%fault, "cannot write down uses of keys");
        }
        if let Err(fault) = directory.flush_refusals().await {
            tracing::warn!(%fault, "cannot write down refusals");
        }
    }
}
