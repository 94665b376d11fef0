//! Tests of what all platforms share.

mod calls;
mod limits;
mod pace;
mod paging;
mod values;
