//! The dialect over its wire: see `support.rs` for the world, replays, coverage and hostile input.
