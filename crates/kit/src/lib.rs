//! What the dialects share: the table's row, the way a request comes in, how errors are rendered, how
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
//! async fn show(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
//!     let user = request.user(UserId(id.parse()?)).await?;  // a `Fault` becomes the vendor's answer
//!     Ok(reply::json(StatusCode::OK, &shown(&user)))
//! }
//! ```
//! The router is built from the route table, so no route can be missing from it. A handler reaches
//! the directory only through [`Authenticated`], which authenticates first; bodies are read after that,
//! since their extractors come last.

mod app_state;
mod body;
mod body_drain;
mod dialect;
mod dispatcher;
mod json;
mod path;
mod protocol;
mod query;
mod rate_limit;
pub mod reply;
mod request;
mod retry;
mod route;
#[cfg(test)]
mod tests;

pub use app_state::{AppState, ServerOptions};
pub use body::{FormBody, JsonBody, RawBody, TypedBody, content_type, read_body};
pub use dialect::{Bodies, ContentRule, Dialect, FirstRunFacts, Limits, platforms_of};
pub use dispatcher::{Dispatcher, PeerAddress, Served, unreadable};
pub use json::{parse_json, typed_json};
pub use path::{Path, fold_path};
pub use protocol::{
    HandlerResult, Presented, Protocol, Rejection, RenderError, RequestError, RoutedPath, bearer,
};
pub use query::{Pairs, parse_pairs, percent_decode};
pub use request::{Anonymous, Authenticated, Deferred, RequestInfo};
pub use retry::retry_stale;
pub use route::{Guard, Route, Serves, method_router};

// What the macro `routes!` names.
#[doc(hidden)]
pub use axum::routing::MethodFilter;
#[doc(hidden)]
pub use directory::Operation;
