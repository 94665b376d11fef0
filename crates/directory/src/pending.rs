//! The type every use-case returns: a boxed future, so that its code is made once, in this crate, and not
//! again in every crate that calls it.

use std::pin::Pin;

use crate::model::Fault;

/// A use-case under way. Nothing happens until it is awaited; dropping it before its write is queued
/// leaves everything as it was.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// A future of the directory's own that cannot fail.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
