//! API tokens: made for others and for oneself, shown once, revoked.

use std::sync::Arc;

use directory::{Fault, FreshKey, KeyShape, Kind, NewKey, Ref, UserId};
use serde_json::{Value, json};

use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::ids::Given;
use super::super::node::{Made, Node};
use super::{Answer, input_text};
use graphql::{Call, Link, Refusal};

/// What the platform's own tokens begin with.
const PREFIX: &str = "flgrn_octi_tkn_";
const DAY: i64 = 86_400_000;

/// Makes a token for somebody.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let user = owner(session, call.text("userId")).await?;
    make(session, user, call).await
}

/// Makes a token for the caller.
pub async fn add_own(session: &Session, call: &Call<'_>) -> Answer {
    make(session, session.caller.user(), call).await
}

/// Revokes somebody's token.
pub async fn revoke(session: &Session, call: &Call<'_>) -> Answer {
    let user = owner(session, call.text("userId")).await?;
    end(session, user, call.text("id")).await
}

/// Revokes the caller's token.
pub async fn revoke_own(session: &Session, call: &Call<'_>) -> Answer {
    end(session, session.caller.user(), call.text("id")).await
}

/// `userEdit { tokenRenew }`: one token in place of all that the user has.
// Quirk: releases of the client before 7, where each user has one token, read the new one from `api_token` of the
// answer (opencti.md §8).
pub async fn renew(session: &Session, id: &str, _: &Call<'_>) -> Answer {
    let user = super::users::target(session, id).await?;
    let fresh = session.handle.replace_keys_of(user.id).await.or_refuse()?;
    let mut person = session.person(user).await?;
    let own = Arc::get_mut(&mut person).ok_or_else(errors::internal)?;
    own.fresh_token = Some(fresh);
    Ok(Link::One(Node::User(person)))
}

async fn owner(session: &Session, id: &str) -> Result<UserId, Refusal> {
    let user = session.find_user(id).await?;
    let user = user.ok_or_else(|| errors::functional("User not found").with("userId", id))?;
    Ok(user.id)
}

async fn make(session: &Session, user: UserId, call: &Call<'_>) -> Answer {
    let name = input_text(call, "name")
        .unwrap_or_default()
        .trim()
        .to_owned();
    if name.is_empty() {
        return Err(errors::functional("Token name is required"));
    }
    let duration = input_text(call, "duration").unwrap_or_default();
    let days = duration
        .strip_prefix("DAYS_")
        .and_then(|days| days.parse::<i64>().ok());
    let new = NewKey {
        name,
        shape: KeyShape::Prefixed(PREFIX),
        expires_at: days.map(|days| session.now().plus(days.saturating_mul(DAY))),
        ..NewKey::default()
    };
    let fresh = session.handle.create_key(user, new).await.or_refuse()?;
    Ok(Link::One(shown(&fresh)))
}

/// The one showing of a token.
fn shown(fresh: &FreshKey) -> Node {
    Made::plain(
        "TokenGenerated",
        json!({
            "token_id": fresh.key.uuid,
            "plaintext_token": fresh.secret,
            "masked_token": format!("****{}", fresh.key.hint_end),
            "expires_at": fresh.key.expires_at.map(directory::Time::rfc3339),
        }),
    )
}

async fn end(session: &Session, user: UserId, id: &str) -> Answer {
    let missing = || errors::functional("Token not found").with("id", id);
    let Given::Uuid(uuid) = Given::read(id) else {
        return Err(missing());
    };
    let key = match session.handle.key(Ref::Uuid(uuid)).await {
        Ok(key) if key.user == user && key.revoked_at.is_none() => key,
        Ok(_) | Err(Fault::NotFound(Kind::Key)) => return Err(missing()),
        Err(fault) => return Err(refused(&fault)),
    };
    session.handle.revoke_key(key.id).await.or_refuse()?;
    Ok(Link::Leaf(Value::from(uuid.to_string())))
}
