//! The heart of Usher.

mod store;
