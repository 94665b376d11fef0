//! Tenable Identity Exposure as `pytenable` 26.10.1 speaks to it (`TenableIE`): users, roles, keys,
//! sign-in and settings below `/tenable/api`.

mod catalogue;
mod errors;
mod map;
mod reader;
mod wire;

pub use catalogue::{PLATFORM, spec};

#[cfg(test)]
mod tests;
