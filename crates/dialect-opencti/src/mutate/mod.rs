//! Mutations: the fields of `Mutation`, and of the objects that hold further ones.

mod account;
mod contexts;
mod groups;
mod organisation_patch;
mod organisations;
mod roles;
mod second_factor;
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
use super::resolvers::{Answer, EditField, RootField, edit_fields, root_fields};
use graphql::{Call, Link, Refusal};
use kit::retry_stale;

const PEOPLE: &[&str] = &[capability::SET_ACCESSES, capability::ORGANIZATION_ADMIN];
const ACCESSES: &[&str] = &[capability::SET_ACCESSES];
const CHANGE_ORGANIZATIONS: &[&str] = &[capability::UPDATE_KNOWLEDGE, capability::SET_ACCESSES];

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

/// Every field of `Mutation`.
pub static MUTATIONS: &[RootField] = root_fields![
    "token" => sign_in;
    "logout" => account::sign_out;
    "meEdit" => account::edit;
    "userTokenAdd", &[capability::USE_TOKEN] => tokens::add_own;
    "userTokenRevoke", &[capability::USE_TOKEN] => tokens::revoke_own;
    "userAdd", PEOPLE => users::add;
    "userEdit", PEOPLE => edit_user;
    "sendUserMail", PEOPLE => templates::send;
    "userAdminTokenAdd", ACCESSES => tokens::add;
    "userAdminTokenRevoke", ACCESSES => tokens::revoke;
    "sessionKill", ACCESSES => account::kill_session;
    "userSessionsKill", ACCESSES => account::kill_sessions;
    "otpActivation" => second_factor::activate;
    "otpDeactivation" => second_factor::deactivate;
    "otpLogin" => second_factor::validate;
    "otpUserDeactivation", ACCESSES => account::deactivate_second_factor;
    "groupAdd", ACCESSES => groups::add;
    "groupEdit", ACCESSES => edit_group;
    "roleAdd", ACCESSES => roles::add;
    "roleEdit", ACCESSES => edit_role;
    "organizationAdd", &[capability::UPDATE_KNOWLEDGE] => organisations::add;
    "organizationDelete", &[capability::DELETE_KNOWLEDGE] => delete_organisation;
    "organizationFieldPatch", CHANGE_ORGANIZATIONS => patch_organisation;
    "organizationContextPatch", CHANGE_ORGANIZATIONS => contexts::patch_organisation;
    "organizationContextClean", CHANGE_ORGANIZATIONS => contexts::clean_organisation;
    "organizationAdminAdd", ACCESSES => add_administrator;
    "organizationAdminRemove", ACCESSES => remove_administrator;
    "identityAdd", &[capability::UPDATE_KNOWLEDGE] => organisations::add_identity;
    "identityEdit", &[capability::UPDATE_KNOWLEDGE] => edit_identity;
    "stixDomainObjectEdit", &[capability::UPDATE_KNOWLEDGE] => edit_domain_object;
    "settingsEdit" => edit_settings;
    "emailTemplateAdd", PEOPLE => templates::add;
    "emailTemplateDelete", PEOPLE => templates::delete;
    "emailTemplateFieldPatch", PEOPLE => templates::patch;
];

/// Every field of the objects that hold mutations.
pub static EDITS: &[EditField] = edit_fields![
    "UserEditMutations"."delete" => users::delete;
    "UserEditMutations"."fieldPatch" => users::patch_fields;
    "UserEditMutations"."relationAdd" => users::add_relation;
    "UserEditMutations"."relationDelete" => users::delete_relation;
    "UserEditMutations"."organizationAdd" => users::add_organisation;
    "UserEditMutations"."organizationDelete" => users::delete_organisation;
    "UserEditMutations"."contextPatch" => contexts::patch_user;
    "UserEditMutations"."contextClean" => contexts::clean_user;
    "UserEditMutations"."tokenRenew", ACCESSES => tokens::renew;
    "GroupEditMutations"."delete" => groups::delete;
    "GroupEditMutations"."fieldPatch" => groups::patch_fields;
    "GroupEditMutations"."relationAdd" => groups::add_relation;
    "GroupEditMutations"."relationDelete" => groups::delete_relation;
    "GroupEditMutations"."editDefaultMarking" => groups::edit_default_marking;
    "GroupEditMutations"."contextPatch" => contexts::patch_group;
    "GroupEditMutations"."contextClean" => contexts::clean_group;
    "RoleEditMutations"."delete" => roles::delete;
    "RoleEditMutations"."fieldPatch" => roles::patch_fields;
    "RoleEditMutations"."relationAdd" => roles::add_relation;
    "RoleEditMutations"."relationDelete" => roles::delete_relation;
    "RoleEditMutations"."contextPatch" => contexts::patch_role;
    "RoleEditMutations"."contextClean" => contexts::clean_role;
    "IdentityEditMutations"."delete", &[capability::DELETE_KNOWLEDGE] => delete_domain_object;
    "IdentityEditMutations"."fieldPatch" => organisation_patch::patch_domain_object;
    "IdentityEditMutations"."contextPatch" => contexts::patch_domain_object;
    "IdentityEditMutations"."contextClean" => contexts::clean_domain_object;
    "StixDomainObjectEditMutations"."delete", &[capability::DELETE_KNOWLEDGE] => delete_domain_object;
    "StixDomainObjectEditMutations"."fieldPatch" => organisation_patch::patch_domain_object;
    "StixDomainObjectEditMutations"."contextPatch" => contexts::patch_domain_object;
    "StixDomainObjectEditMutations"."contextClean" => contexts::clean_domain_object;
    "SettingsEditMutations"."fieldPatch", &[capability::SET_PARAMETERS, capability::SET_ACCESSES] => settings::patch_fields;
    "SettingsEditMutations"."editMessage", &[capability::SET_PARAMETERS] => settings::edit_message;
    "SettingsEditMutations"."deleteMessage", &[capability::SET_PARAMETERS] => settings::delete_message;
    "SettingsEditMutations"."contextPatch", &[capability::SET_PARAMETERS, capability::SET_ACCESSES] => contexts::patch_settings;
    "SettingsEditMutations"."contextClean", &[capability::SET_PARAMETERS, capability::SET_ACCESSES] => contexts::clean_settings;
];

async fn try_root(session: &Session, call: &Call<'_>) -> Answer {
    let found = MUTATIONS.iter().find(|field| field.name == call.name());
    let field = found.ok_or_else(errors::internal)?;
    session.require(field.any_of)?;
    let answer = (field.resolve)(session, call).await;
    session.memo.clear();
    answer
}

async fn try_edit(session: &Session, type_name: &str, id: &str, call: &Call<'_>) -> Answer {
    session.memo.clear();
    let is_it = |field: &&EditField| field.of == type_name && field.name == call.name();
    let field = EDITS.iter().find(is_it).ok_or_else(errors::internal)?;
    session.require(field.any_of)?;
    let answer = (field.resolve)(session, id, call).await;
    session.memo.clear();
    answer
}

async fn sign_in(session: &Session, call: &Call<'_>) -> Answer {
    super::login::sign_in(&session.info, call).await
}

/// An object that holds further mutations of what an id names.
fn holder(type_name: &'static str, call: &Call<'_>) -> Answer {
    Ok(Link::One(Node::Edit(type_name, call.text("id").into())))
}

async fn edit_user(_: &Session, call: &Call<'_>) -> Answer {
    holder("UserEditMutations", call)
}

async fn edit_group(_: &Session, call: &Call<'_>) -> Answer {
    holder("GroupEditMutations", call)
}

async fn edit_role(_: &Session, call: &Call<'_>) -> Answer {
    holder("RoleEditMutations", call)
}

async fn edit_identity(_: &Session, call: &Call<'_>) -> Answer {
    holder("IdentityEditMutations", call)
}

async fn edit_domain_object(_: &Session, call: &Call<'_>) -> Answer {
    holder("StixDomainObjectEditMutations", call)
}

async fn edit_settings(_: &Session, call: &Call<'_>) -> Answer {
    holder("SettingsEditMutations", call)
}

async fn delete_organisation(session: &Session, call: &Call<'_>) -> Answer {
    organisations::delete(session, call.text("id")).await
}

async fn delete_domain_object(session: &Session, id: &str, _: &Call<'_>) -> Answer {
    organisations::delete(session, id).await
}

async fn patch_organisation(session: &Session, call: &Call<'_>) -> Answer {
    organisation_patch::patch_fields(session, call.text("id"), call).await
}

async fn add_administrator(session: &Session, call: &Call<'_>) -> Answer {
    organisations::set_administrator(session, call, true).await
}

async fn remove_administrator(session: &Session, call: &Call<'_>) -> Answer {
    organisations::set_administrator(session, call, false).await
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
        "refreshed_at": null,
    });
    let links = [
        ("creators", Link::Many(Vec::new())),
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
