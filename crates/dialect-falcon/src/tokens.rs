//! Tokens: an API client's id and secret give a short-lived one, which ends with the client or is
//! handed back (falcon.md §2).

use axum::extract::FromRequest as _;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use directory::{Accepts, Caller, Credential, Fault, OrganisationId, Permission, Ref, Refusal};
use kit::{Anonymous, FormBody, HandlerResult, RequestError, RequestInfo, reply};
use serde::Serialize;

use super::errors::{Failure, refused, shortened};
use super::map::Cid;
use super::{catalogue, envelope};

/// How long a token is said to live, in seconds.
///
/// Quirk: the client logs in before every call when this is a text, or 120 or less (falcon.md §2).
const LIFETIME: i64 = 1_799;

#[derive(Serialize)]
struct Token<'a> {
    access_token: &'a str,
    expires_in: i64,
    token_type: &'static str,
}

/// A client as it presents itself.
struct Presented {
    client_id: String,
    client_secret: String,
}

/// `POST /oauth2/token`.
pub async fn issue(anonymous: Anonymous, raw: Request) -> HandlerResult {
    let info = &anonymous.0;
    let FormBody(form) = FormBody::from_request(raw, &info.state).await?;
    let field = |name: &str| form.last(name).unwrap_or_default().trim().to_owned();
    let presented = Presented {
        client_id: field("client_id"),
        client_secret: field("client_secret"),
    };
    let caller = authenticated(info, &presented).await?;
    let directory = info.state.directory();
    let handle = directory.act(&caller);
    if !catalogue::lets_in(&caller.words()) {
        let fault = Fault::Forbidden(Permission::ReadUsers);
        handle.note_refusal(&fault);
        return Err(fault.into());
    }
    let own = caller.organisation();
    let member = field("member_cid");
    let organisation = if member.is_empty() {
        None
    } else {
        member_of(&handle, own, &member).await?
    };
    let token = directory
        .mint_token(&caller, organisation, Some(LIFETIME * 1_000))
        .await?;
    // Quirk: 201, and never the header `X-Cs-Region`, which would lead the client away to the vendor's
    // own cloud (falcon.md §1, §2).
    Ok(reply::json(
        StatusCode::CREATED,
        &Token {
            access_token: &token.secret,
            expires_in: LIFETIME,
            token_type: "bearer",
        },
    ))
}

/// The child of the client's customer that a token is limited to; the customer itself is no limit.
async fn member_of(
    handle: &directory::Handle,
    own: OrganisationId,
    member: &str,
) -> Result<Option<OrganisationId>, Fault> {
    let cid = Cid::parse(member)
        .ok_or_else(|| refused(format!("invalid member_cid='{}'", shortened(member))))?;
    let hidden = Fault::Forbidden(Permission::ReadOrganisations);
    match handle.organisation(Ref::Uuid(cid.uuid())).await {
        Ok(child) if child.id == own => Ok(None),
        Ok(child) if child.parent == Some(own) => Ok(Some(child.id)),
        Ok(_) | Err(Fault::NotFound(_)) => Err(hidden),
        Err(fault) => Err(fault),
    }
}

/// `POST /oauth2/revoke`: hands a token back. A token that is none, or another person's, is answered
/// alike (RFC 7009), and nothing happens.
pub async fn revoke(anonymous: Anonymous, headers: HeaderMap, raw: Request) -> HandlerResult {
    let info = &anonymous.0;
    let FormBody(form) = FormBody::from_request(raw, &info.state).await?;
    let presented = basic(&headers).ok_or(Fault::Unauthenticated(Refusal::Missing))?;
    let caller = authenticated(info, &presented).await?;
    let token = form.last("token").unwrap_or_default();
    if token.is_empty() {
        return Err(refused("token must be provided").into());
    }
    let revoked = info
        .state
        .directory()
        .act(&caller)
        .revoke_token(token)
        .await?;
    Ok(envelope::done(info, usize::from(revoked)))
}

/// The caller whose key is the client's secret and whose key's id is the client's.
async fn authenticated(info: &RequestInfo, presented: &Presented) -> Result<Caller, RequestError> {
    let id = &presented.client_id;
    // Quirk: an id that could be none is a bad request, not a wrong secret (falcon.md §2).
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let message = format!(
            "Failed to generate access token for clientID={}",
            shortened(id)
        );
        return Err(envelope::failure(info, &Failure::new(400, message)).into());
    }
    let directory = info.state.directory();
    let platform = info.dialect.platform;
    let unknown = || Fault::Unauthenticated(Refusal::Unknown);
    if presented.client_secret.is_empty() {
        return Err(unknown().into());
    }
    let secret = &presented.client_secret;
    let caller = directory
        .authenticate(platform, secret, Accepts::Keys, info.context())
        .await?;
    let Credential::Key(key) = caller.credential() else {
        return Err(unknown().into());
    };
    info.count(caller.credential())?;
    let key = directory.act(&caller).key(key).await?;
    if key.uuid.simple().to_string().eq_ignore_ascii_case(id) {
        Ok(caller)
    } else {
        Err(unknown().into())
    }
}

/// The client in an `Authorization: basic` header.
fn basic(headers: &HeaderMap) -> Option<Presented> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 1_000 {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (client_id, client_secret) = text.split_once(':')?;
    Some(Presented {
        client_id: client_id.to_owned(),
        client_secret: client_secret.to_owned(),
    })
}
