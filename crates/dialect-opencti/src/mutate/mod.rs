//! Mutations: the fields of `Mutation`, and of the objects that hold further ones.

mod account;
mod groups;
mod organisations;
mod roles;
mod settings;
mod templates;
mod tokens;
mod user_patch;
mod users;

use serde_json::{Value, json};
use uuid::Uuid;

use super::capability;
use super::errors;
use super::graph::Session;
use super::ids;
use super::node::{Made, Node};
use graphql::{Call, Link, Refusal};
use kit::retry_stale;

const PEOPLE: &[&str] = &[capability::SET_ACCESSES, capability::ORGANIZATION_ADMIN];

type Answer = Result<Link<Node>, Refusal>;

/// Answers a field of `Mutation`.
pub async fn root(session: &Session, call: &Call<'_>) -> Answer {
    retry_stale(is_stale, || try_root(session, call)).await
}

/// Answers a field of an object that holds mutations.
pub async fn edit(session: &Session, type_name: &str, id: &str, call: &Call<'_>) -> Answer {
    retry_stale(is_stale, || try_edit(session, type_name, id, call)).await
}

/// Whether a change came to nothing because another one was faster.
fn is_stale(refusal: &Refusal) -> bool {
    *refusal == errors::stale()
}

async fn try_root(session: &Session, call: &Call<'_>) -> Answer {
    let accesses = || session.require(&[capability::SET_ACCESSES]);
    let holder = |type_name: &'static str| Link::One(Node::Edit(type_name, call.text("id").into()));
    let answer = match call.name() {
        "token" => super::login::sign_in(&session.info, call).await,
        "logout" => account::sign_out(session).await,
        "meEdit" => account::edit(session, call).await,
        "userTokenAdd" => {
            session.require(&[capability::USE_TOKEN])?;
            tokens::add_own(session, call).await
        }
        "userTokenRevoke" => {
            session.require(&[capability::USE_TOKEN])?;
            tokens::revoke_own(session, call).await
        }
        "userAdd" => {
            session.require(PEOPLE)?;
            users::add(session, call).await
        }
        "userEdit" => {
            session.require(PEOPLE)?;
            Ok(holder("UserEditMutations"))
        }
        "sendUserMail" => {
            session.require(PEOPLE)?;
            templates::send(session, call).await
        }
        "userAdminTokenAdd" => {
            accesses()?;
            tokens::add(session, call).await
        }
        "userAdminTokenRevoke" => {
            accesses()?;
            tokens::revoke(session, call).await
        }
        "sessionKill" => {
            accesses()?;
            account::kill_session(session, call).await
        }
        "userSessionsKill" => {
            accesses()?;
            account::kill_sessions(session, call).await
        }
        "otpUserDeactivation" => {
            accesses()?;
            account::deactivate_second_factor(session, call).await
        }
        "groupAdd" => {
            accesses()?;
            groups::add(session, call).await
        }
        "groupEdit" => {
            accesses()?;
            Ok(holder("GroupEditMutations"))
        }
        "roleAdd" => {
            accesses()?;
            roles::add(session, call).await
        }
        "roleEdit" => {
            accesses()?;
            Ok(holder("RoleEditMutations"))
        }
        "organizationAdd" => {
            session.require(&[capability::UPDATE_KNOWLEDGE])?;
            organisations::add(session, call).await
        }
        "organizationDelete" => {
            session.require(&[capability::DELETE_KNOWLEDGE])?;
            organisations::delete(session, call.text("id")).await
        }
        "organizationAdminAdd" => {
            accesses()?;
            organisations::set_administrator(session, call, true).await
        }
        "organizationAdminRemove" => {
            accesses()?;
            organisations::set_administrator(session, call, false).await
        }
        "stixDomainObjectEdit" => {
            session.require(&[capability::UPDATE_KNOWLEDGE])?;
            Ok(holder("StixDomainObjectEditMutations"))
        }
        "settingsEdit" => Ok(holder("SettingsEditMutations")),
        "emailTemplateAdd" => {
            session.require(PEOPLE)?;
            templates::add(session, call).await
        }
        "emailTemplateDelete" => {
            session.require(PEOPLE)?;
            templates::delete(session, call).await
        }
        "emailTemplateFieldPatch" => {
            session.require(PEOPLE)?;
            templates::patch(session, call).await
        }
        _ => Err(errors::internal()),
    };
    session.memo.clear();
    answer
}

async fn try_edit(session: &Session, type_name: &str, id: &str, call: &Call<'_>) -> Answer {
    session.memo.clear();
    let answer = match type_name {
        "UserEditMutations" => users::edit(session, id, call).await,
        "GroupEditMutations" => groups::edit(session, id, call).await,
        "RoleEditMutations" => roles::edit(session, id, call).await,
        "StixDomainObjectEditMutations" => {
            session.require(&[capability::DELETE_KNOWLEDGE])?;
            organisations::delete(session, id).await
        }
        "SettingsEditMutations" => settings::edit(session, id, call).await,
        _ => Err(errors::internal()),
    };
    session.memo.clear();
    answer
}

/// The relation between two things as an object. Its id is computed from both, so that asking for
/// the same relation twice gives the same one.
fn relationship(
    kind: &str,
    from: (&str, Uuid, Node),
    to: (&str, Uuid, Option<Node>),
    now: directory::Time,
) -> Node {
    let standard_id = ids::named(
        "internal-relationship",
        &format!("{kind} {} {}", from.1, to.1),
    );
    let role = |word: &str| format!("{kind}_{word}");
    let plain = json!({
        "id": ids::fixed(&standard_id),
        "standard_id": standard_id,
        "entity_type": kind,
        "parent_types": ["basic-relationship", "internal-relationship"],
        "fromRole": role("from"),
        "toRole": role("to"),
        "created_at": now.rfc3339(),
        "updated_at": now.rfc3339(),
    });
    let links = [
        ("from", Link::One(from.2)),
        ("to", to.2.map_or(Link::Null, Link::One)),
    ];
    Made::with("InternalRelationship", plain, links)
}

/// A member of the call's input.
fn input<'c>(call: &'c Call<'_>, name: &str) -> Option<&'c Value> {
    call.get("input")?
        .get(name)
        .filter(|value| !value.is_null())
}

/// A text of the call's input; nothing when absent, null or blank.
fn input_text(call: &Call<'_>, name: &str) -> Option<String> {
    let text = input(call, name)?.as_str()?;
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// A flag of the call's input.
fn input_flag(call: &Call<'_>, name: &str) -> Option<bool> {
    input(call, name)?.as_bool()
}

/// The texts of a list of the call's input.
fn input_list(call: &Call<'_>, name: &str) -> Option<Vec<String>> {
    let list = input(call, name)?.as_array()?;
    Some(
        list.iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

/// A name as the vendor wants one: two characters or more, not blank.
fn checked_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.chars().count() < 2 {
        return Err(errors::validation(
            "name",
            "The name must have at least two characters",
        ));
    }
    Ok(name.to_owned())
}
