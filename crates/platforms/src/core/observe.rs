//! For metrics: what was asked and how it went.

use std::time::Duration;

use crate::core::operation::Facts;

/// Sees every try of every call. It must not block.
pub trait Observer: Send + Sync {
    /// A try has ended.
    fn tried(&self, observation: &Observation);
}

/// One try.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Observation {
    /// What was asked.
    pub facts: Facts,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// Which try of its call it was, from 1.
    pub attempt: u32,
    /// How long the try took.
    pub elapsed: Duration,
    /// How long it had waited for the limits before that.
    pub waited: Duration,
}
