//! The languages Usher speaks: one folder each, and one line each in [`DIALECTS`].

pub mod kit;
pub mod misp;
pub mod native;
pub mod opencti;
pub mod tenable;

use directory::{PlatformSpec, usher_platform};

use kit::Dialect;

/// Every dialect served.
pub static DIALECTS: &[&Dialect] = &[
    &native::DIALECT,
    &misp::DIALECT,
    &opencti::DIALECT,
    &tenable::DIALECT,
];

/// What the directory must know of all platforms: its own, and those of the dialects.
#[must_use]
pub fn platforms() -> Vec<PlatformSpec> {
    platforms_of(DIALECTS)
}

/// The same for some of the dialects.
#[must_use]
pub fn platforms_of(dialects: &[&Dialect]) -> Vec<PlatformSpec> {
    let vendors: Vec<PlatformSpec> = dialects
        .iter()
        .filter_map(|dialect| dialect.specification)
        .map(|specification| specification())
        .collect();
    let names: Vec<_> = vendors.iter().map(|spec| spec.platform).collect();
    let mut platforms = vec![usher_platform(&names)];
    platforms.extend(vendors);
    platforms
}
