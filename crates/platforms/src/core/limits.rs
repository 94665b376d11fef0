//! How many requests at once and how fast: one account for a client and all its clones.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::core::environment::Environment;
use crate::core::pace::Advice;

/// What a client starts with; what answers say corrects it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Requests at once.
    pub at_once: usize,
    /// Requests a second in the long run; `None` is no limit.
    pub per_second: Option<f64>,
    /// Requests that may go out without a pause, where there is a limit.
    pub burst: u32,
}

impl Limits {
    /// So many at once, however fast.
    pub const fn at_once(at_once: usize) -> Self {
        Self {
            at_once,
            per_second: None,
            burst: 1,
        }
    }

    /// At most so many a second in the long run, and `burst` without a pause.
    #[must_use]
    pub const fn rate(mut self, per_second: f64, burst: u32) -> Self {
        self.per_second = Some(per_second);
        self.burst = burst;
        self
    }
}

/// The account.
#[derive(Debug)]
pub(crate) struct Account {
    limits: Limits,
    at_once: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests that may go out now; below zero are those that wait already.
    tokens: f64,
    /// When the tokens were counted.
    counted: Duration,
    /// No request before this moment: the platform said so.
    blocked: Duration,
    /// The pause between requests while few are left of the platform's window, and until when it holds.
    spread: Option<(Duration, Duration)>,
    /// When the next of the spread requests may go.
    next: Duration,
}

/// How long the window is, where the platform does not say.
const USUAL_WINDOW: Duration = Duration::from_secs(60);

impl Account {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            at_once: Arc::new(Semaphore::new(limits.at_once.max(1))),
            state: Mutex::new(State {
                tokens: f64::from(limits.burst.max(1)),
                counted: Duration::ZERO,
                blocked: Duration::ZERO,
                spread: None,
                next: Duration::ZERO,
            }),
        }
    }

    /// Takes a turn and says how long to wait for it. With a wait above `longest` no turn is taken.
    pub(crate) fn turn(&self, now: Duration, longest: Duration) -> Result<Duration, Duration> {
        let mut state = self.lock();
        let mut wait = state.blocked.saturating_sub(now);
        let mut tokens = state.tokens;
        if let Some(rate) = self.limits.per_second {
            let gained = now.saturating_sub(state.counted).as_secs_f64() * rate;
            tokens = (tokens + gained).min(f64::from(self.limits.burst.max(1))) - 1.0;
            if tokens < 0.0 {
                wait = wait.max(Duration::from_secs_f64(-tokens / rate));
            }
        }
        let spread = state.spread.filter(|(_, end)| *end > now);
        if spread.is_some() {
            wait = wait.max(state.next.saturating_sub(now));
        }
        if wait > longest {
            return Err(wait);
        }
        state.tokens = tokens;
        state.counted = state.counted.max(now);
        state.spread = spread;
        if let Some((pause, _)) = spread {
            state.next = now + wait + pause;
        }
        Ok(wait)
    }

    /// How long the platform wants no request at all, as of now.
    pub(crate) fn blocked(&self, now: Duration) -> Duration {
        self.lock().blocked.saturating_sub(now)
    }

    /// Stops all requests for a while.
    pub(crate) fn block(&self, now: Duration, wait: Duration) {
        let mut state = self.lock();
        state.blocked = state.blocked.max(now + wait);
    }

    /// Learns from an answer: when less than a tenth of a window is left, the rest is spread over its end.
    pub(crate) fn learn(&self, now: Duration, advice: &Advice) {
        let (Some(limit), Some(remaining)) = (advice.limit, advice.remaining) else {
            return;
        };
        let mut state = self.lock();
        if limit == 0 || remaining.saturating_mul(10) >= limit {
            state.spread = None;
            return;
        }
        let window = advice
            .reset
            .unwrap_or(USUAL_WINDOW)
            .min(Duration::from_secs(3600));
        let left = u32::try_from(remaining).unwrap_or(u32::MAX);
        let pause = window / (left + 1);
        // The answer of an earlier request must not pull the next turn nearer.
        state.next = state.next.max(now + pause);
        state.spread = Some((pause, now + window));
    }

    /// Waits for a place and a turn, but not past the deadline.
    pub(crate) async fn admit(
        &self,
        environment: &dyn Environment,
        deadline: Duration,
    ) -> Result<Place, Refused> {
        let place = self.place(environment, deadline).await?;
        loop {
            let now = environment.elapsed();
            let wait = self
                .turn(now, deadline.saturating_sub(now))
                .map_err(Refused::Rate)?;
            if wait.is_zero() {
                return Ok(place);
            }
            environment.sleep(wait).await;
            // While this request waited for its turn, another may have learnt that none is to be sent now.
            if self.blocked(environment.elapsed()).is_zero() {
                return Ok(place);
            }
        }
    }

    async fn place(
        &self,
        environment: &dyn Environment,
        deadline: Duration,
    ) -> Result<Place, Refused> {
        let free = pin!(Arc::clone(&self.at_once).acquire_owned());
        let left = deadline.saturating_sub(environment.elapsed());
        match select(free, environment.sleep(left)).await {
            Either::Left((Ok(place), _)) => Ok(Place(place)),
            // The semaphore is never closed.
            Either::Left((Err(_), _)) | Either::Right(_) => Err(Refused::Place),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while a request runs.
#[derive(Debug)]
pub(crate) struct Place(#[expect(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

/// Why a request was not let out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its turn comes after this time, which is past the deadline.
    Rate(Duration),
    /// Other requests held all places until the deadline.
    Place,
}
