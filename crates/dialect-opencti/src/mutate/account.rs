//! One's own account, and the sessions and second factors of others.

use directory::{Fault, Kind, Ref, UserChange};
use serde_json::Value;

use super::super::edit;
use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::ids::Given;
use super::super::node::Node;
use super::Answer;
use graphql::{Call, Link};

/// What people may change of themselves.
const OWN: &[&str] = &[
    "name",
    "firstname",
    "lastname",
    "user_email",
    "description",
    "theme",
    "language",
    "unit_system",
    "submenu_show_icons",
    "submenu_auto_collapse",
    "monochrome_labels",
    "unsubscribed_news_feed_types",
    "default_time_field",
    "default_dashboard",
    "personal_notifiers",
    "draft_context",
    "startup_url",
    "password",
];

/// Changes the caller.
pub async fn edit(session: &Session, call: &Call<'_>) -> Answer {
    let mut edits = edit::read(call.get("input"))?;
    if edits.iter().any(|edit| !OWN.contains(&edit.key.as_str())) {
        return Err(errors::forbidden());
    }
    let at = edits.iter().position(|edit| edit.key == "password");
    if let Some(at) = at {
        let password = edits.remove(at).text()?;
        super::user_patch::check_password(session, &password).await?;
        let own = session.whole_person(session.caller.uuid(), directory::Wanted::default());
        let own = own.await?.ok_or_else(errors::unauthenticated)?;
        let present = Some(call.text("password")).filter(|present| !present.is_empty());
        // Quirk: a password whose time is over is replaced without naming it (opencti.md §5).
        if present.is_none() && !own.document.password_is_over(session.now()) {
            return Err(errors::refusal(&Fault::WrongPassword));
        }
        let changed = session.handle.change_own_password(present, &password).await;
        changed.or_refuse()?;
        let until = session
            .platform_settings()
            .await?
            .password_end(session.now());
        if own.document.password_valid_until != until {
            let member = ("password_valid_until".to_owned(), Value::from(until));
            let change = UserChange {
                extension_members: Some([member].into_iter().collect()),
                ..UserChange::default()
            };
            session
                .handle
                .update_own_profile(change)
                .await
                .or_refuse()?;
        }
    }
    if !edits.is_empty() {
        let user = session
            .handle
            .user(session.caller.user())
            .await
            .or_refuse()?;
        super::user_patch::patch(session, user, &edits, true).await?;
    }
    session.me(call.field).await
}

/// Ends the session the request came with. A token is no session, and stays.
pub async fn sign_out(session: &Session, _: &Call<'_>) -> Answer {
    match session.handle.sign_out().await {
        Ok(()) | Err(Fault::NotFound(Kind::Session)) => {}
        Err(fault) => return Err(refused(&fault)),
    }
    Ok(Link::Leaf(Value::from(session.caller.uuid().to_string())))
}

/// Ends one session.
pub async fn kill_session(session: &Session, call: &Call<'_>) -> Answer {
    let id = call.text("id");
    let gone = || errors::functional("Session not found").with("id", id);
    let Given::Uuid(uuid) = Given::read(id) else {
        return Err(gone());
    };
    match session.handle.revoke_session(Ref::Uuid(uuid)).await {
        Ok(_) => Ok(Link::Leaf(Value::from(id))),
        Err(Fault::NotFound(Kind::Session)) => Err(gone()),
        Err(fault) => Err(refused(&fault)),
    }
}

/// Ends all sessions of somebody.
pub async fn kill_sessions(session: &Session, call: &Call<'_>) -> Answer {
    let user = super::users::target(session, call.text("id")).await?;
    let before = session.handle.sessions(&[user.id]).await.or_refuse()?;
    session
        .handle
        .revoke_sessions_of(user.id, None)
        .await
        .or_refuse()?;
    let ids = before.iter().map(|one| Value::from(one.uuid.to_string()));
    Ok(Link::Leaf(ids.collect()))
}

/// Takes somebody's second factor away.
pub async fn deactivate_second_factor(session: &Session, call: &Call<'_>) -> Answer {
    let user = super::users::target(session, call.text("id")).await?;
    match session.handle.remove_second_factor(user.id, None).await {
        Ok(_) | Err(Fault::NotFound(Kind::SecondFactor)) => {}
        Err(fault) => return Err(refused(&fault)),
    }
    let user = session.handle.user(Ref::Id(user.id)).await.or_refuse()?;
    Ok(Link::One(Node::Me(session.person(user).await?)))
}
