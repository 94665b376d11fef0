//! The one door: `POST /graphql`, answered with 200 whatever happened, unless the HTTP itself is
//! wrong (opencti.md §1).

use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use directory::{Accepts, Caller, Credential, Fault, Refusal as Unknown};

use kit::{
    Anonymous, Deferred, HandlerResult, Presented, Protocol, Rejection, RequestInfo, bearer,
    content_type, parse_json, read_body, reply,
};

use super::SCHEMA;
use super::capability;
use super::catalogue;
use super::errors;
use super::graph::Session;
use super::login::AnonymousGraph;
use super::unserved::UNSERVED;
use graphql::{self, Engine, Limits, Refusal, Request};

/// The schema is part of the program, so reading it fails for all requests or for none.
static ENGINE: LazyLock<Result<Engine, String>> =
    LazyLock::new(|| Ok(Engine::new(SCHEMA, Limits::default())?.with_unserved(UNSERVED)));

fn engine() -> Result<&'static Engine, Fault> {
    ENGINE
        .as_ref()
        .map_err(|why| Fault::Internal(format!("the schema: {why}")))
}

/// How OpenCTI speaks.
pub struct OpenCti;

impl Protocol for OpenCti {
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        let text = bearer(headers).map(str::to_owned);
        text.map(|text| Presented {
            text,
            accepts: Accepts::Both,
        })
        .into_iter()
        .collect()
    }

    /// Quirk: API tokens open nothing for people without the capability to use them; requests then
    /// look as if nobody were signed in (opencti.md §5).
    fn admit(&self, caller: &Caller) -> Result<(), Fault> {
        let by_token = matches!(caller.credential(), Credential::Key(_));
        if by_token && !caller.holds(&catalogue::word(capability::USE_TOKEN)) {
            return Err(Fault::Unauthenticated(Unknown::Unknown));
        }
        Ok(())
    }

    fn render_fault(&self, fault: &Fault, _: &RequestInfo) -> Response {
        spoken(graphql::refused(&errors::refusal(fault)))
    }

    fn render_rejection(&self, rejection: &Rejection, _: &RequestInfo) -> Response {
        let refusal = Refusal::new(graphql::BAD_USER_INPUT, rejection.to_string());
        reply::raw_json(rejection.status(), graphql::refused(&refusal))
    }
}

fn spoken(body: Vec<u8>) -> Response {
    reply::raw_json(StatusCode::OK, body)
}

/// The largest body that is read before it is known who sends it: far more than a sign-in needs.
const ANONYMOUS_BODY: usize = 16 << 10;

/// Answers a request.
pub async fn post(
    Anonymous(info): Anonymous,
    Deferred(found): Deferred,
    headers: HeaderMap,
    sent: Body,
) -> HandlerResult {
    let engine = engine()?;
    let authenticated = match found {
        Ok(authenticated) => authenticated,
        Err(fault @ Fault::Unauthenticated(_)) => {
            return match read_body(sent, ANONYMOUS_BODY).await {
                Ok(body) => answer_anonymous(engine, &info, &headers, &body, &fault).await,
                Err(Rejection::TooLarge(_)) => {
                    Ok(spoken(graphql::refused(&errors::refusal(&fault))))
                }
                Err(rejection) => Err(rejection.into()),
            };
        }
        Err(fault) => return Err(fault.into()),
    };
    let body = read_body(sent, info.dialect.limits.body).await?;
    let request = match request(&headers, &body) {
        Ok(request) => request,
        Err(Unread::Rejected(rejection)) => return Err(rejection.into()),
        Err(Unread::Refused(refusal)) => return Ok(spoken(graphql::refused(&refusal))),
    };
    let session = Session::new(authenticated);
    let session = match applicant(session, &headers).await {
        Ok(session) => session,
        Err(refusal) => return Ok(spoken(graphql::refused(&refusal))),
    };
    let body = match engine.document(&request.query, true) {
        Ok(document) => engine.run(&session, &document, &request).await,
        Err(refusals) => graphql::refused_with(&refusals),
    };
    Ok(spoken(body))
}

/// The session in the name of the user that a header names, if one does.
///
/// Quirk: those who bypass all capabilities may act for others by a header (opencti.md §1). Whoever may
/// not is refused, and does nothing under a name they did not mean.
async fn applicant(session: Session, headers: &HeaderMap) -> Result<Session, Refusal> {
    let named = headers.get("opencti-applicant-id");
    let named = named.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let named = named.as_deref().unwrap_or_default().trim();
    if named.is_empty() || named == session.caller.uuid().to_string() {
        return Ok(session);
    }
    session.require(&[capability::BYPASS])?;
    let user = session.find_user(named).await?;
    let user =
        user.ok_or_else(|| errors::functional("User cannot be found.").with("user_id", named))?;
    let caller = session.handle.impersonate(user.id).await;
    let caller = caller.map_err(|fault| errors::refusal(&fault))?;
    Ok(Session::new(session.on_behalf_of(caller)))
}

/// Callers without a credential may sign in and nothing else; what else they send is not even looked at.
async fn answer_anonymous(
    engine: &Engine,
    info: &Arc<RequestInfo>,
    headers: &HeaderMap,
    body: &[u8],
    fault: &Fault,
) -> HandlerResult {
    if let Ok(request) = request(headers, body)
        && request.query.contains("token")
        && let Ok(document) = engine.document(&request.query, false)
        && document.asks_only(request.operation.as_deref(), &["token"])
    {
        let graph = AnonymousGraph::new(Arc::clone(info));
        return Ok(spoken(engine.run(&graph, &document, &request).await));
    }
    Ok(spoken(graphql::refused(&errors::refusal(fault))))
}

/// A body that holds no request to run.
enum Unread {
    /// The HTTP is wrong.
    Rejected(Rejection),
    /// The HTTP is fine, and what it asks for is answered by an error.
    Refused(Refusal),
}

impl From<Rejection> for Unread {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// The request of a body: JSON, or the form that carries files beside it.
fn request(headers: &HeaderMap, body: &[u8]) -> Result<Request, Unread> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().trim();
    let json = match content_type(headers).as_str() {
        "application/json" | "application/graphql+json" => body,
        "multipart/form-data" => graphql::operations(kind, body)
            .map_err(|refusal| Rejection::Malformed(refusal.message))?,
        // Other types can be sent by a page of another site without asking.
        _ => return Err(Rejection::WrongContentType.into()),
    };
    let value = parse_json(json)?;
    Request::read(value).map_err(|refusal| match refusal.code {
        // Clients that name documents by their hash send the document itself after this answer.
        graphql::PERSISTED_QUERY_NOT_SUPPORTED => Unread::Refused(refusal),
        _ => Unread::Rejected(Rejection::Malformed(refusal.message)),
    })
}
