//! The table of dialects: a feature and a line for each.

use directory::PlatformSpec;
use kit::{Dialect, platforms_of};

/// Every dialect served. The directory's own is always there; a vendor's can be left out by building
/// without its feature.
pub static DIALECTS: &[&Dialect] = &[
    &dialect_native::DIALECT,
    #[cfg(feature = "misp")]
    &dialect_misp::DIALECT,
    #[cfg(feature = "opencti")]
    &dialect_opencti::DIALECT,
    #[cfg(feature = "falcon")]
    &dialect_falcon::DIALECT,
    #[cfg(feature = "tenable")]
    &dialect_tenable::DIALECT,
    #[cfg(feature = "civis")]
    &dialect_civis::DIALECT,
];

/// What the directory must know of all platforms: its own, and those of the dialects.
#[must_use]
pub fn platforms() -> Vec<PlatformSpec> {
    platforms_of(DIALECTS)
}
