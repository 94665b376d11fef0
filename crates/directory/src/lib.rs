//! The heart of Usher.
