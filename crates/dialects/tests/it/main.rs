//! The dialects over their wire, in this process.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
#![expect(
    missing_docs,
    unreachable_pub,
    reason = "what stands here is seen by these tests alone"
)]

mod kit;
mod misp;
mod native;
mod opencti;
mod support;
mod tenable;
