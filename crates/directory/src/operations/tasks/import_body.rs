//! The stored body of an import, read piece by piece.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::Fault;
use crate::store::job_parts::{self, File};

use super::PIECE;
use super::progress::Claimed;

/// So many pieces of the body from an offset; whether they reach its end.
pub(super) async fn read_window(
    handle: &Handle,
    claimed: &Claimed,
    offset: i64,
    pieces: i64,
) -> Result<(Vec<u8>, bool), Fault> {
    let job = claimed.job;
    let piece = i64::try_from(PIECE).unwrap_or(i64::MAX);
    handle
        .read(Operation::RunTask, async |work: &mut Work<'_>| {
            let length = job_parts::length(&mut work.tx, job, File::Body).await?;
            let first = offset / piece;
            let mut window = Vec::new();
            // One more than asked for, since the first is mostly used up.
            for number in first..=first + pieces {
                match job_parts::part(&mut work.tx, job, File::Body, number).await? {
                    Some(part) => window.extend_from_slice(&part.bytes),
                    None => break,
                }
            }
            let skip = usize::try_from(offset - first * piece).unwrap_or(usize::MAX);
            let skip = skip.min(window.len());
            window.drain(..skip);
            let end = offset.saturating_add(i64::try_from(window.len()).unwrap_or(i64::MAX));
            Ok((window, end >= length))
        })
        .await
}
