//! The log, on standard error. Equal warnings and errors are written once a minute, with their number:
//! a store that is lost would otherwise write a line for every request.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use crate::configuration::{Configuration, LogFormat};

/// How long a line stands for those that equal it.
const PAUSE: Duration = Duration::from_secs(60);

/// Different lines remembered at most; beyond, all of one place in the program are equal.
const REMEMBERED: usize = 512;

/// What tells of lines that were left out; it is never left out itself.
const TELLING: &str = "usher::folded";

/// The log under way.
#[derive(Clone)]
pub struct Log {
    /// What counts equal lines.
    pub folding: Arc<Folding>,
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Log {
    /// Logs by another filter from now on.
    pub fn filter(&self, text: &str) -> Result<()> {
        self.filter
            .reload(filter(text)?)
            .context("cannot change what is logged")
    }
}

fn filter(text: &str) -> Result<EnvFilter> {
    EnvFilter::try_new(text).with_context(|| format!("log.filter: `{text}`"))
}

/// Begins to log.
pub fn begin(configuration: &Configuration) -> Result<Log> {
    let (filter, handle) = reload::Layer::new(filter(&configuration.log_filter)?);
    let folding = Arc::new(Folding::default());
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = match configuration.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(Fold(Arc::clone(&folding)))
        .try_init()
        .map_err(|error| anyhow!("cannot log: {error}"))?;
    Ok(Log {
        folding,
        filter: handle,
    })
}

/// Which lines were written lately, by their place in the program, and how many that equal them were left out.
#[derive(Debug, Default)]
pub struct Folding(Mutex<HashMap<(&'static str, String), Line>>);

#[derive(Debug)]
struct Line {
    written: Instant,
    left_out: u64,
}

impl Folding {
    /// Whether a line is written.
    fn admits(&self, place: &'static str, mut text: String, now: Instant) -> bool {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= REMEMBERED {
            lines.retain(|_, line| line.left_out > 0 || line.written + PAUSE > now);
            if lines.len() >= REMEMBERED {
                text.clear();
            }
        }
        match lines.get_mut(&(place, text.clone())) {
            Some(line) if line.written + PAUSE > now => {
                line.left_out = line.left_out.saturating_add(1);
                false
            }
            Some(line) => {
                line.written = now;
                true
            }
            None => {
                let line = Line {
                    written: now,
                    left_out: 0,
                };
                lines.insert((place, text), line);
                true
            }
        }
    }

    /// Takes what was left out since the last time.
    fn left_out(&self, now: Instant) -> Vec<(String, u64)> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left_out = Vec::new();
        lines.retain(|(_, text), line| {
            if line.left_out > 0 {
                left_out.push((text.clone(), std::mem::take(&mut line.left_out)));
            }
            line.written + PAUSE > now
        });
        left_out
    }

    /// Tells how many lines were left out. Called about once a minute, and at the end.
    pub fn tell(&self) {
        for (line, count) in self.left_out(Instant::now()) {
            tracing::warn!(target: TELLING, count, line, "equal lines were left out");
        }
    }
}

/// Looks at events before they are written.
struct Fold(Arc<Folding>);

impl<S: Subscriber> Layer<S> for Fold {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() > Level::WARN || metadata.target() == TELLING {
            return true;
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.admits(metadata.name(), text.0, Instant::now())
    }
}

/// An event's fields but for the id of its request.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "request_id" {
            return;
        }
        let name = field.name();
        let blank = if self.0.is_empty() { "" } else { " " };
        // Writing to a text does not fail.
        let _ = match name {
            "message" => write!(self.0, "{blank}{value:?}"),
            _ => write!(self.0, "{blank}{name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_are_counted_and_told_once_a_minute() {
        let folding = Folding::default();
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let written = |text: &str, seconds| folding.admits("place", text.to_owned(), at(seconds));
        assert!(written("a", 0) && written("b", 0));
        assert!((0..1_000).all(|_| !written("a", 1)));
        assert_eq!(folding.left_out(at(2)), [("a".to_owned(), 1_000)]);
        assert_eq!(folding.left_out(at(3)), []);
        assert!(!written("a", 59) && written("a", 60) && written("b", 61));
        assert_eq!(folding.left_out(at(62)), [("a".to_owned(), 1)]);
        // Lines without number do not fill the memory.
        for number in 0..10 * REMEMBERED {
            written(&number.to_string(), 63);
        }
        assert!(folding.0.lock().unwrap().len() <= REMEMBERED + 1);
    }
}
