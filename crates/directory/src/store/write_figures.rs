//! How many writes there were, how they ended, and how long they took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the spans that writes are counted by, in milliseconds.
const BOUNDS: [u64; 10] = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000];

/// How writes end. What was refused by a rule is undone like what the database could not do.
const OUTCOMES: [&str; 2] = ["done", "undone"];

/// Running totals of writes.
#[derive(Debug, Default)]
pub(super) struct Writes {
    outcomes: [AtomicU64; OUTCOMES.len()],
    spans: [AtomicU64; BOUNDS.len()],
    microseconds: AtomicU64,
}

/// The totals as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteFigures {
    /// How many ended in each way.
    pub outcomes: Vec<(&'static str, u64)>,
    /// How many took at most so many milliseconds.
    pub within: Vec<(u64, u64)>,
    /// How long all of them took together.
    pub total: Duration,
}

impl Writes {
    /// Notes a write.
    pub(super) fn note(&self, done: bool, took: Duration) {
        if let Some(count) = self.outcomes.get(usize::from(!done)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let span = BOUNDS.iter().position(|bound| milliseconds < *bound);
        if let Some(count) = span.and_then(|span| self.spans.get(span)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> WriteFigures {
        let outcomes = OUTCOMES.iter().zip(&self.outcomes);
        let mut so_far = 0;
        let spans = BOUNDS.iter().zip(&self.spans);
        WriteFigures {
            outcomes: outcomes
                .map(|(word, count)| (*word, count.load(Ordering::Relaxed)))
                .collect(),
            within: spans
                .map(|(bound, count)| {
                    so_far += count.load(Ordering::Relaxed);
                    (*bound, so_far)
                })
                .collect(),
            total: Duration::from_micros(self.microseconds.load(Ordering::Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_counted_by_their_end_and_their_span() {
        let writes = Writes::default();
        writes.note(true, Duration::from_micros(500));
        writes.note(true, Duration::from_millis(7));
        writes.note(false, Duration::from_secs(9));
        let read = writes.read();
        assert_eq!(read.outcomes[0], ("done", 2));
        assert_eq!(read.outcomes[1], ("undone", 1));
        assert_eq!(read.within[0], (1, 1));
        assert_eq!(read.within[3], (10, 2));
        assert_eq!(read.within[9], (5_000, 2));
        assert_eq!(read.total, Duration::from_micros(9_007_500));
    }
}
