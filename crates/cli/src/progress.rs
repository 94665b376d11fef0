//! How far long work is: on standard error, and only for a person.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::environment::Messages;

/// A bar, or nothing at all.
pub struct Progress(Option<ProgressBar>);

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// Things.
    Items,
    /// Bytes.
    Bytes,
}

impl Progress {
    /// A bar, unless standard error is no terminal or `--quiet` is given.
    pub fn new(messages: &Messages, what: &'static str, total: Option<u64>, unit: Unit) -> Self {
        if !messages.is_terminal || messages.quiet {
            return Self(None);
        }
        let template = match (unit, total) {
            (Unit::Items, Some(_)) => "{msg} {bar:30} {human_pos}/{human_len} {eta}",
            (Unit::Items, None) => "{msg} {spinner} {human_pos}",
            (Unit::Bytes, Some(_)) => {
                "{msg} {bar:30} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec}"
            }
            (Unit::Bytes, None) => "{msg} {spinner} {binary_bytes} {binary_bytes_per_sec}",
        };
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(Some(bar))
    }

    /// No progress, where a bar would be in the way.
    pub fn none() -> Self {
        Self(None)
    }

    /// So much is done.
    pub fn at(&self, position: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(position);
        }
    }

    /// It is known how much there is.
    pub fn of(&self, total: u64) {
        if let Some(bar) = &self.0 {
            bar.set_length(total);
        }
    }

    /// Says something without tearing the bar.
    pub fn above(&self, say: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
