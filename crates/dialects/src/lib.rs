//! The languages Usher speaks.
