//! The languages Usher speaks.

pub mod opencti;
pub mod tenable;
