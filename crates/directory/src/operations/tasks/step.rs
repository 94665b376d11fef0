//! One chunk of a job: how carefully it is done, what comes of it, and which faults are an item's own.

use serde_json::Value;

use crate::model::{Fault, UnknownName};
use crate::outcome::Abort;

use super::progress::Position;

/// Items of one chunk, which is one transaction. Most of what a larger one saves are pages of indexes that are written
/// to the log once for several rows; while it runs no other write does, for some 50 ms.
pub(super) const CHUNK: usize = 500;
/// How a fault reads in reports, with the name that led nowhere where that is the fault: as the dialect that shows them
/// writes it.
pub type Describe = fn(&Fault, Option<&UnknownName>) -> Value;

/// How careful a chunk is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// Many items at once.
    Usual,
    /// One item: a defect has undone a chunk, and its item is looked for.
    Single,
    /// That one item is left out, as failed.
    GiveUp,
}

impl Care {
    pub fn most(self) -> usize {
        match self {
            Care::Usual => CHUNK,
            Care::Single | Care::GiveUp => 1,
        }
    }
}

/// A chunk's outcome: where the job stands now, and whether it has ended.
pub(super) type Stepped = Result<(Position, bool), Fault>;

/// Whether a fault is one of a single item. Others end the whole job, or are tried again.
pub(super) fn of_item(abort: Abort) -> Result<Fault, Abort> {
    match abort {
        Abort::Fault(
            fault @ (Fault::Internal(_)
            | Fault::Unauthenticated(_)
            | Fault::Unavailable(_)
            | Fault::TooMany { .. }),
        ) => Err(Abort::Fault(fault)),
        Abort::Fault(fault) => Ok(fault),
        other => Err(other),
    }
}
