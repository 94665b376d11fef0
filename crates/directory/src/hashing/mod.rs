//! Password hashes: made and compared outside every transaction, on threads of their own that give way to
//! everything else, and in turns, so that one account or one address cannot keep the others waiting.

mod passwords;
mod queue;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::model::Fault;

pub(crate) use queue::Turn;
use queue::{Job, Lane, Queue};

/// How long an idle thread keeps the memory that it hashed in.
const MEMORY_KEPT: Duration = Duration::from_millis(250);

#[derive(Default)]
struct State {
    sign_in: Queue,
    signed: Queue,
    /// Which lane was served last.
    served: Option<Lane>,
    threads: usize,
    closed: bool,
}

impl State {
    fn queue(&mut self, lane: Lane) -> &mut Queue {
        match lane {
            Lane::SignIn => &mut self.sign_in,
            Lane::Signed => &mut self.signed,
        }
    }

    /// The lanes take turns; one that is empty gives its turn up.
    fn next(&mut self) -> Option<Job> {
        let lanes = match self.served {
            Some(Lane::SignIn) => [Lane::Signed, Lane::SignIn],
            _ => [Lane::SignIn, Lane::Signed],
        };
        let job = lanes.into_iter().find_map(|lane| self.queue(lane).next())?;
        self.served = Some(job.turn.lane);
        Some(job)
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    more: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread of the pool does, until the pool is dropped.
    fn serve(&self) {
        give_way();
        let mut state = self.state();
        let mut holds_memory = false;
        loop {
            if let Some(job) = state.next() {
                holds_memory = true;
                drop(state);
                let turn = job.turn;
                // A panic is the job's own: its answer is missing, and the thread goes on.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job.work));
                state = self.state();
                state.queue(turn.lane).finish(turn);
            } else if state.closed {
                return;
            } else if holds_memory {
                // More often come soon; without more the memory goes.
                let waited = self.more.wait_timeout(state, MEMORY_KEPT);
                let (next, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                state = next;
                if timeout.timed_out() {
                    holds_memory = false;
                    drop(state);
                    passwords::release_memory();
                    state = self.state();
                }
            } else {
                state = self
                    .more
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// Lets threads that serve requests go first. Only Linux gives threads a priority of their own.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, 19) {
        tracing::debug!(%error, "hashing threads keep their priority");
    }
}

/// The threads that hash: as many as there are cores, started when they are needed.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    most: usize,
    hashes: AtomicU64,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            shared: Arc::default(),
            most: std::thread::available_parallelism().map_or(1, usize::from),
            hashes: AtomicU64::new(0),
        }
    }
}

impl Pool {
    /// Password hashes made or compared.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    /// Runs hashing work when its turn comes.
    pub async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        // Both the work and the look at whether its client is still there need the way back.
        let reply = Arc::new(Mutex::new(Some(reply)));
        let gone = {
            let reply = Arc::clone(&reply);
            move || {
                let reply = reply.lock().unwrap_or_else(PoisonError::into_inner);
                reply.as_ref().is_none_or(oneshot::Sender::is_closed)
            }
        };
        let work = move || {
            let reply = reply.lock().unwrap_or_else(PoisonError::into_inner).take();
            let outcome = work();
            if let Some(reply) = reply {
                // The client may have gone meanwhile.
                let _ = reply.send(outcome);
            }
        };
        {
            let mut state = self.shared.state();
            let queue = state.queue(turn.lane);
            if !queue.admit(Box::new(work), Box::new(gone), turn) {
                return Err(LATER);
            }
            self.start(&mut state)?;
        }
        self.shared.more.notify_one();
        // Without an answer its place went to another, whose turn comes sooner.
        let outcome = answer.await.unwrap_or(Err(LATER));
        if !matches!(outcome, Err(Fault::TooMany { .. })) {
            self.hashes.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    /// Starts one thread more, while there are fewer than may be.
    fn start(&self, state: &mut State) -> Result<(), Fault> {
        if state.threads >= self.most {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let started = std::thread::Builder::new()
            .name("usher-hashing".to_owned())
            .spawn(move || shared.serve());
        match started {
            Ok(_) => state.threads += 1,
            Err(error) if state.threads == 0 => {
                return Err(Fault::Internal(format!("no thread for hashing: {error}")));
            }
            Err(error) => tracing::warn!(%error, "fewer threads for hashing"),
        }
        Ok(())
    }
}

const LATER: Fault = Fault::TooMany { retry_after: 1000 };

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.more.notify_all();
    }
}
