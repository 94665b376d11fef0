//! How the dialect finds credentials and speaks of what went wrong.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use directory::{Accepts, Caller, Fault, Permission, Refusal};

use super::action::Action;
use super::address::Address;
use super::catalogue::{self, Flag};
use super::errors::{ErrorContext, ErrorReply};
use super::wire;
use kit::{Authenticated, Presented, Protocol, Rejection, RequestInfo, RoutedPath};

/// MISP's voice.
pub struct Misp;

/// Keys that one header may hold.
const KEYS: usize = 5;

impl Protocol for Misp {
    // Quirk: the bare key, or several joined by commas of which the first good one wins; `Bearer` is
    // no key, and `Basic` is as if nothing were there (misp.md §1).
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        ["x-misp-auth", AUTHORIZATION.as_str()]
            .into_iter()
            .filter_map(|name| headers.get(name)?.to_str().ok())
            .filter(|value| !value.starts_with("Basic"))
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|key| key.len() == 40 && key.bytes().all(|b| b.is_ascii_alphanumeric()))
            .take(KEYS)
            .map(|key| Presented {
                text: key.to_owned(),
                accepts: Accepts::Keys,
            })
            .collect()
    }

    /// Roles without `perm_auth`, and people without a role here, have keys that open nothing.
    fn admit(&self, caller: &Caller) -> Result<(), Fault> {
        if caller.holds(catalogue::AUTH.word) {
            Ok(())
        } else {
            Err(Fault::Unauthenticated(Refusal::Unknown))
        }
    }

    fn route<'a>(&self, path: &'a str) -> RoutedPath<'a> {
        match Address::read(path) {
            Some(address) => RoutedPath {
                path: Cow::Owned(address.route()),
                parsed: Some(Arc::new(address)),
            },
            // Nothing is served at the root: what cannot be read is not found.
            None => RoutedPath::plain("/"),
        }
    }

    fn render_fault(&self, fault: &Fault, info: &RequestInfo) -> Response {
        said(info, place(info).render(fault))
    }

    fn render_rejection(&self, rejection: &Rejection, info: &RequestInfo) -> Response {
        let place = place(info);
        let voiced = match rejection {
            Rejection::NoRoute | Rejection::BadPath => place.exception(404, "Not Found"),
            Rejection::WrongMethod => place.exception(405, wrong_method(place.act)),
            // Quirk: broken JSON is a method not allowed (misp.md §6).
            Rejection::Malformed(_) | Rejection::TooDeep => place.exception(
                405,
                "Invalid JSON input. Make sure that the JSON input is a correctly formatted JSON string.",
            ),
            Rejection::BadQuery
            | Rejection::TooLarge(_)
            | Rejection::Incomplete
            | Rejection::WrongContentType => {
                place.exception(rejection.status().as_u16(), &rejection.to_string())
            }
        };
        said(info, voiced)
    }
}

fn wrong_method(act: Action) -> &'static str {
    match act {
        Action::DeleteUser
        | Action::DeleteOrganisation
        | Action::DeleteRole
        | Action::DeleteKey => "Action not allowed, post or delete request expected.",
        _ => "This method is not allowed here.",
    }
}

/// The address of a request that was routed.
pub fn address(info: &RequestInfo) -> Result<&Address, Rejection> {
    info.parsed().ok_or(Rejection::BadPath)
}

/// Where a request is.
pub fn place(info: &RequestInfo) -> ErrorContext<'_> {
    let address: Option<&Address> = info.parsed();
    ErrorContext {
        act: address.map_or(Action::Nothing, Action::of),
        path: &info.path,
        id: address
            .and_then(Address::first)
            .and_then(|id| id.parse().ok()),
    }
}

/// An error's answer.
pub fn said(info: &RequestInfo, voiced: ErrorReply) -> Response {
    let status = StatusCode::from_u16(voiced.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = wire::with_status(info, status, &voiced.body);
    if let Some(seconds) = voiced.retry_after {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Whether the caller acts with a flag. Read-only keys act without any (misp.md §7), though their
/// owner's role is shown as it is.
pub fn acts_with(request: &Authenticated, flag: Flag) -> bool {
    let kept = flag == catalogue::AUTH || flag == catalogue::AUDIT;
    request.caller.holds(flag.word) && (kept || !request.caller.limits().read_only)
}

/// Refuses callers who do not act as administrators.
pub fn as_admin(request: &Authenticated) -> Result<(), Fault> {
    require(request, catalogue::ADMIN)
}

/// Refuses callers who do not act as site administrators.
pub fn as_site_admin(request: &Authenticated) -> Result<(), Fault> {
    require(request, catalogue::SITE_ADMIN)
}

/// Refuses callers whose role does not read the log.
pub fn as_auditor(request: &Authenticated) -> Result<(), Fault> {
    require(request, catalogue::AUDIT)
}

/// Refuses callers who do not act for synchronisation.
pub fn as_sync(request: &Authenticated) -> Result<(), Fault> {
    require(request, catalogue::SYNC)
}

/// Refuses callers who act without a flag.
fn require(request: &Authenticated, flag: Flag) -> Result<(), Fault> {
    if acts_with(request, flag) {
        Ok(())
    } else {
        Err(Fault::Forbidden(Permission::EditUsers))
    }
}
