//! Edit contexts: begun and ended on every type that can be edited.

use super::super::errors;
use super::super::graph::Session;
use super::super::node::Node;
use super::super::settings;
use super::Answer;
use graphql::{Call, Link, Refusal};

/// Whether a context begins or ends.
#[derive(Clone, Copy)]
enum Context {
    Begins,
    Ends,
}

/// Begins or ends the caller's context of an object, and shows the object.
async fn set(session: &Session, node: Node, context: Context, call: &Call<'_>) -> Answer {
    let object = node.uuid().ok_or_else(errors::internal)?;
    match context {
        Context::Begins => session.begin_context(object, call).await?,
        Context::Ends => session.end_context(object),
    }
    Ok(Link::One(node))
}

async fn user(session: &Session, id: &str) -> Result<Node, Refusal> {
    let user = super::users::target(session, id).await?;
    Ok(Node::User(session.person(user).await?))
}

async fn group(session: &Session, id: &str) -> Result<Node, Refusal> {
    let group = super::groups::target(session, id).await?;
    Ok(Node::Group(session.team(group).await?))
}

async fn role(session: &Session, id: &str) -> Result<Node, Refusal> {
    let role = super::roles::target(session, id).await?;
    Ok(Node::Role(session.duty(role).await?))
}

async fn organisation(session: &Session, id: &str) -> Result<Node, Refusal> {
    let row = super::organisation_patch::target(session, id).await?;
    Ok(Node::Organization(session.company(row).await?))
}

/// `userEdit { contextPatch }`
pub async fn patch_user(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(session, user(session, id).await?, Context::Begins, call).await
}

/// `userEdit { contextClean }`
pub async fn clean_user(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(session, user(session, id).await?, Context::Ends, call).await
}

/// `groupEdit { contextPatch }`
pub async fn patch_group(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(session, group(session, id).await?, Context::Begins, call).await
}

/// `groupEdit { contextClean }`
pub async fn clean_group(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(session, group(session, id).await?, Context::Ends, call).await
}

/// `roleEdit { contextPatch }`
pub async fn patch_role(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(session, role(session, id).await?, Context::Begins, call).await
}

/// `roleEdit { contextClean }`
pub async fn clean_role(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(session, role(session, id).await?, Context::Ends, call).await
}

/// `stixDomainObjectEdit { contextPatch }`
pub async fn patch_domain_object(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(
        session,
        organisation(session, id).await?,
        Context::Begins,
        call,
    )
    .await
}

/// `stixDomainObjectEdit { contextClean }`
pub async fn clean_domain_object(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    set(
        session,
        organisation(session, id).await?,
        Context::Ends,
        call,
    )
    .await
}

/// `organizationContextPatch`
pub async fn patch_organisation(session: &Session, call: &Call<'_>) -> Answer {
    patch_domain_object(session, call.text("id"), call).await
}

/// `organizationContextClean`
pub async fn clean_organisation(session: &Session, call: &Call<'_>) -> Answer {
    clean_domain_object(session, call.text("id"), call).await
}

/// `settingsEdit { contextPatch }`
pub async fn patch_settings(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    super::settings::target(session, id).await?;
    session.begin_context(settings::uuid(), call).await?;
    session.settings(call).await
}

/// `settingsEdit { contextClean }`
pub async fn clean_settings(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    super::settings::target(session, id).await?;
    session.end_context(settings::uuid());
    session.settings(call).await
}
