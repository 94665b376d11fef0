//! What the dialects share: the table's row, the way a request comes in, how faults are voiced, how
//! bodies and queries are read, how answers go out. Nothing here knows a vendor.
//!
//! A dialect is a crate with a `static DIALECT: Dialect`, and a line in the binary's table of dialects:
//!
//! ```text
//! static ROUTES: &[Route] = routes![
//!     GET  "/version"     start::version => open;          // no sign-in
//!     GET  "/users/{id}"  users::show    => ShowUser;      // the operation of the access table
//!     POST "/graphql"     graphql::post  => signed_in;     // many operations behind one route
//! ];
//! async fn show(signed: Signed, Path(id): Path<String>) -> Answer {
//!     let user = signed.user(UserId(id.parse()?)).await?;  // a `Fault` becomes the vendor's answer
//!     Ok(answer::json(StatusCode::OK, &shown(&user)))
//! }
//! ```
//! The router is built from the route table, so no route can be missing from it. A handler reaches
//! the directory only through [`Signed`], which authenticates first; bodies are read after that,
//! since their extractors come last.

pub mod answer;
mod body;
mod dialect;
mod front;
mod json;
mod leftover;
mod path;
mod query;
mod rate;
mod shared;
mod signed;
#[cfg(test)]
mod tests;
mod voice;

pub use body::{Document, Form, RawBody, Typed, arrived};
pub use dialect::{ContentRule, Dialect, FirstRunFacts, Limits, Route, Serves, platforms_of};
pub use front::{Front, PeerAddress, Served, unreadable};
pub use json::{parse_json, typed_json};
pub use path::{Path, fold_path};
pub use query::{Pairs, parse_pairs};
pub use shared::{Facts, Shared};
pub use signed::{Seen, Signed, Visitor};
pub use voice::{Answer, Presented, Problem, Trouble, Voice, bearer};
