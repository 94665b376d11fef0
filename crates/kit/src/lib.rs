//! What the dialects share: mounts and the table's row, routes, sign-in, bodies and queries, replies,
//! errors, limits. Nothing here knows a vendor.
//!
//! # How to write a dialect
//!
//! A dialect is a crate that serves one vendor's admin API from the directory: `lib.rs` says what it
//! imitates and holds the row and the table of routes, and there is one file per resource beside
//! `wire.rs` (the vendor's shapes), `map.rs` (directory to wire and back), `errors.rs`, `catalogue.rs`
//! (the platform's built-in roles and permissions) and `protocol.rs`. It depends on `kit` and `directory`
//! and on no other dialect. Rules and limits are the directory's; a dialect only translates.
//!
//! **The row**, which the binary lists in `crates/usher/src/dialects.rs` under a feature of its own:
//!
//! ```text
//! pub static DIALECT: Dialect = Dialect {
//!     name: "example",                                     // --listen-example
//!     platform: catalogue::PLATFORM,
//!     mount: "/example",
//!     specification: Some(catalogue::spec),                // what the directory must know
//!     protocol: &protocol::Example,
//!     routes: ROUTES,
//!     limits: Limits { content: ContentRule::JsonOrUnstated, ..Limits::DEFAULT },
//!     environment,                                         // lines of first-run.env
//!     wrong_mount_prefixes: &["accounts"],                 // hints for clients at the server's root
//! };
//! ```
//!
//! **The table of routes** is all there is to routing: the router, the tests that try every route
//! without and with powerless credentials, and descriptions of the API are made from it.
//!
//! ```text
//! static ROUTES: &[Route] = routes![
//!     GET  "/version"     version::show => open, "Show the version" -> "Version";
//!     GET  "/users/{id}"  users::show   => ShowUser, "Show a user" -> "User";
//!     POST "/users"       users::create => CreateUser if protocol::is_admin, "Make a user", "NewUser" -> "201 User";
//!     GET  "/me"          users::me     => signed_in, "Show oneself" -> "User";
//!     POST "/graphql"     graphql::post => deferred, "Answer a document", "Request" -> "Response";
//! ];
//! ```
//!
//! Before a handler runs, the kit has done the same at every door, in this order: the path was read
//! ([`Protocol::route`], once; [`RequestInfo::parsed`] keeps what it said), the caller is known and
//! within the rate limit, the guard behind `if` and the operation of the access table are allowed.
//! Only then do the handler's arguments read the path, the query and, last, the body. So 401 comes
//! before 403, and 403 before any complaint about the request.
//!
//! **A handler** takes [`Authenticated`] (or [`Anonymous`] on an `open` route), which dereferences to the
//! directory's use-cases on the caller's behalf; there is no other way to the directory. A
//! [`Fault`](directory::Fault) passes through `?` and becomes the vendor's error.
//!
//! ```text
//! pub async fn create(request: Authenticated, JsonBody(body): JsonBody) -> HandlerResult {
//!     let user = request.create_user(wire::new_user(body)?).await?;
//!     Ok(reply::json(StatusCode::CREATED, &map::user(&user)))
//! }
//! ```
//!
//! Arguments: [`Path`], [`Pairs`] (the query), and as the last one [`JsonBody`], [`TypedBody`],
//! [`FormBody`] or [`RawBody`]. Bodies are bounded in size, time and depth, NUL and repeated names are
//! refused. Objects are read field by field with [`fields::Fields`] under a [`fields::Policy`]: `Closed`
//! for new things, `Patch` for changes, `Lenient` for what forms and lax clients write. Lists
//! without pages are streamed by [`reply::json_list`]; a change that reads before it writes runs in
//! [`retry_stale`].
//!
//! **The protocol** says where credentials stand in the headers, who may use the dialect at all, and
//! renders errors: [`Protocol::render_fault`] is one exhaustive match over [`directory::Fault`] without a
//! wildcard, [`Protocol::render_rejection`] words what kept a request from being read. An error of the
//! dialect's own implements [`RenderError`].
//!
//! **Tests** are in `tests/it`, one binary: `test_support::world_of(&[&DIALECT])` is the dialect over a
//! fresh directory, `coverage` and `hostile` try every route, answers are golden files. What holds over
//! all dialects is tested where the table is, in `crates/usher/tests/it`.

mod app_state;
mod body;
mod body_drain;
mod dialect;
mod dispatcher;
pub mod fields;
mod json;
mod observer;
mod pairs;
mod path;
mod protocol;
mod query;
mod rate_limit;
mod rejection;
pub mod reply;
mod request;
mod retry;
mod route;
#[cfg(test)]
mod tests;

pub use app_state::{AppState, IMPORT_BYTES, ServerOptions};
pub use body::{FormBody, JsonBody, RawBody, TypedBody, content_type, read_body};
pub use dialect::{Bodies, ContentRule, Dialect, FirstRunFacts, Limits, platforms_of};
pub use dispatcher::{Dispatcher, PeerAddress, Served, unreadable};
pub use json::{parse_json, typed_json};
pub use observer::{Answered, Observer, Observing};
pub use pairs::{Pairs, parse_pairs, percent_decode, percent_encode};
pub use path::{Path, fold_path};
pub use protocol::{
    Concluding, HandlerResult, Preparation, Prepared, Preparing, Presented, Protocol, RenderError,
    RequestError, RoutedPath, bearer,
};
pub use rate_limit::{Allowance, PER_ADDRESS};
pub use rejection::Rejection;
pub use request::{Anonymous, Authenticated, Deferred, RequestInfo};
pub use retry::retry_stale;
pub use route::{Guard, Route, Serves, method_router};

// What the macro `routes!` names.
#[doc(hidden)]
pub use axum::routing::MethodFilter;
#[doc(hidden)]
pub use directory::Operation;
