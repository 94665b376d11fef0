//! The library against servers, recordings and the lists that it was made from.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod faults;
mod live;
mod methods;
mod recordings;
mod secrets;
mod server;
mod services;
mod tls;
