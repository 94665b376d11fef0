//! The languages Usher speaks.

pub mod opencti;
