//! Users: made, changed, put into groups and organisations, deleted.

use directory::{
    Fault, GroupId, Kind, Names, NewPassword, NewUser, Organisation, OrganisationId,
    ProvisioningDefaults, Status, Time, User, UserKind,
};
use serde_json::Value;

use super::super::documents::{Document, UserDocument};
use super::super::edit;
use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::node::Node;
use super::user_patch::{
    Wanted, check_lengths, check_password, checked_email, checked_language, checked_level,
    checked_units, patch, status, taken,
};
use super::{Answer, checked_name, input, input_flag, input_list, input_text, relationship};
use graphql::{Call, Link, Refusal};

/// Makes a user.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let name = checked_name(&input_text(call, "name").unwrap_or_default())?;
    let service = input_flag(call, "user_service_account").unwrap_or(false);
    if service && session.only_organization_admin() {
        return Err(errors::forbidden());
    }
    let email = input_text(call, "user_email")
        .map(|email| checked_email(&email))
        .transpose()?;
    if email.is_none() && !service {
        return Err(errors::functional("User email is required"));
    }
    let status = input_text(call, "account_status")
        .map(|word| status(&word))
        .transpose()?;
    let status = status.unwrap_or(Wanted {
        status: Status::Active,
        locked: false,
    });
    let password = if service {
        None
    } else {
        input_text(call, "password")
    };
    if let Some(password) = &password {
        check_password(session, password).await?;
    }
    let template = match input_text(call, "email_template_id") {
        Some(id) => Some(super::templates::wanted(session, &id).await?),
        None => None,
    };
    let wanted = input_list(call, "objectOrganization").unwrap_or_default();
    if wanted.is_empty() && session.only_organization_admin() {
        // Quirk: an organisation's administrator has to name an organisation (opencti.md §5).
        return Err(errors::forbidden());
    }
    let organisations = organisations(session, &wanted).await?;
    let groups = groups(session, &input_list(call, "groups").unwrap_or_default()).await?;
    let mut document = document(call)?;
    if password.is_some() {
        let settings = session.platform_settings().await?;
        document.password_valid_until = settings.password_end(session.now());
    }
    let new = NewUser {
        email: email.clone(),
        names: Names {
            display: Some(name),
            given: input_text(call, "firstname"),
            family: input_text(call, "lastname"),
        },
        kind: Some(if service {
            UserKind::Service
        } else {
            UserKind::Person
        }),
        status: Some(status.status),
        locked: status.locked,
        lock_after: input_text(call, "account_lock_after_date").and_then(|text| Time::parse(&text)),
        organisations,
        groups,
        password: password.map_or(NewPassword::None, NewPassword::Chosen),
        extension: Some(document.stored()),
        door: ProvisioningDefaults {
            without_defaults: input_flag(call, "prevent_default_groups").unwrap_or(false),
            mail: None,
        },
        ..NewUser::default()
    };
    let user = match session.handle.create_user(new).await {
        Ok(user) => user,
        Err(fault) => return Err(taken(session, fault, email.as_deref()).await),
    };
    let person = session.person(user).await?;
    if let Some(template) = template {
        super::templates::deliver(session, &template, &person).await?;
    }
    Ok(Link::One(Node::User(person)))
}

/// The document of a new user.
fn document(call: &Call<'_>) -> Result<UserDocument, Refusal> {
    let defaults = UserDocument::default();
    let flag = |name: &str| input_flag(call, name).unwrap_or(false);
    let document = UserDocument {
        description: input_text(call, "description"),
        theme: input_text(call, "theme").unwrap_or(defaults.theme),
        language: match input_text(call, "language") {
            Some(language) => checked_language(&language)?,
            None => defaults.language,
        },
        unit_system: match input_text(call, "unit_system") {
            Some(word) => Some(checked_units(&word)?),
            None => None,
        },
        submenu_show_icons: flag("submenu_show_icons"),
        submenu_auto_collapse: flag("submenu_auto_collapse"),
        monochrome_labels: flag("monochrome_labels"),
        user_confidence_level: match input(call, "user_confidence_level") {
            Some(level) => Some(checked_level(level)?),
            None => None,
        },
        unsubscribed_news_feed_types: input_list(call, "unsubscribed_news_feed_types")
            .unwrap_or_default(),
        ..UserDocument::default()
    };
    check_lengths(&document)?;
    Ok(document)
}

/// `userEdit { delete }`
pub async fn delete(session: &Session, id: &str, _: &Call<'_>) -> Answer {
    let user = target(session, id).await?;
    let deleted = session.handle.delete_user(user.id).await.or_refuse()?;
    Ok(Link::Leaf(Value::from(deleted.uuid.to_string())))
}

/// `userEdit { fieldPatch }`
pub async fn patch_fields(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let user = target(session, id).await?;
    let edits = edit::read(call.get("input"))?;
    let changed = patch(session, user, &edits, false).await?;
    shown(session, changed).await
}

/// `userEdit { relationAdd }`
pub async fn add_relation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let user = target(session, id).await?;
    let wanted = input_text(call, "toId").unwrap_or_default();
    match input_text(call, "relationship_type").as_deref() {
        Some("member-of") => join(session, user, &wanted).await,
        Some(PARTICIPATES) => {
            let organisation = into_organisation(session, &user, &wanted).await?;
            let (from, to) = (user.uuid, organisation.uuid);
            let person = Node::User(session.person(user).await?);
            // An organisation is no internal object, so the relation shows only where it comes from.
            let relation = relationship(
                PARTICIPATES,
                ("User", from, person),
                ("Organization", to, None),
                session.now(),
            );
            Ok(Link::One(relation))
        }
        _ => Err(errors::functional(
            "Only member-of and participate-to relations can be added to a user",
        )),
    }
}

/// The relation between a user and an organisation.
const PARTICIPATES: &str = "participate-to";

/// `userEdit { relationDelete }`
pub async fn delete_relation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let user = target(session, id).await?;
    let wanted = call.text("toId");
    match call.text("relationship_type") {
        "member-of" => leave(session, &user, wanted).await?,
        PARTICIPATES => out_of_organisation(session, &user, wanted).await?,
        _ => {
            return Err(errors::functional(
                "Only member-of and participate-to relations can be deleted from a user",
            ));
        }
    }
    again(session, &user).await
}

/// `userEdit { organizationAdd }`
pub async fn add_organisation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let user = target(session, id).await?;
    into_organisation(session, &user, call.text("organizationId")).await?;
    again(session, &user).await
}

async fn into_organisation(
    session: &Session,
    user: &User,
    wanted: &str,
) -> Result<Organisation, Refusal> {
    let found = session.find_organisation(wanted).await?;
    let found = found.ok_or_else(|| errors::missing_reference(&[wanted]))?;
    let added = session.handle.add_membership(user.id, found.id, None).await;
    added.map_err(|fault| reference(&fault, wanted))?;
    Ok(found)
}

/// `userEdit { organizationDelete }`
pub async fn delete_organisation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let user = target(session, id).await?;
    out_of_organisation(session, &user, call.text("organizationId")).await?;
    again(session, &user).await
}

async fn out_of_organisation(session: &Session, user: &User, wanted: &str) -> Result<(), Refusal> {
    let found = session.find_organisation(wanted).await?;
    let found = found.ok_or_else(|| errors::missing_reference(&[wanted]))?;
    match session.handle.remove_membership(user.id, found.id).await {
        Ok(()) | Err(Fault::NotFound(Kind::Membership)) => Ok(()),
        Err(fault) => Err(reference(&fault, wanted)),
    }
}

/// The user of an edit; unknown ones are a rule of the business here, not a hole in the answer.
pub async fn target(session: &Session, id: &str) -> Result<User, Refusal> {
    let user = session.find_user(id).await?;
    user.ok_or_else(|| errors::functional("User cannot be found.").with("user_id", id))
}

async fn again(session: &Session, user: &User) -> Answer {
    let user = session.handle.user(user.id).await.or_refuse()?;
    shown(session, user).await
}

async fn shown(session: &Session, user: User) -> Answer {
    Ok(Link::One(Node::User(session.person(user).await?)))
}

/// Puts somebody into a group.
pub async fn join(session: &Session, user: User, wanted: &str) -> Answer {
    let group = session.find_group(wanted).await?;
    let group = group.ok_or_else(|| errors::missing_reference(&[wanted]))?;
    let joined = session.handle.add_member(group.id, user.id).await;
    joined.map_err(|fault| reference(&fault, wanted))?;
    let (from, to) = (user.uuid, group.uuid);
    let person = Node::User(session.person(user).await?);
    let team = Node::Group(session.team(group).await?);
    let relation = relationship(
        "member-of",
        ("User", from, person),
        ("Group", to, Some(team)),
        session.now(),
    );
    Ok(Link::One(relation))
}

/// Takes somebody out of a group.
pub async fn leave(session: &Session, user: &User, wanted: &str) -> Result<(), Refusal> {
    let group = session.find_group(wanted).await?;
    let group = group.ok_or_else(|| errors::missing_reference(&[wanted]))?;
    let left = session.handle.remove_member(group.id, user.id).await;
    left.map(drop).map_err(|fault| reference(&fault, wanted))
}

/// A fault about something that a relation points to.
pub fn reference(fault: &Fault, wanted: &str) -> Refusal {
    match fault {
        Fault::UnknownReference(_) => errors::missing_reference(&[wanted]),
        Fault::NotFound(Kind::Group | Kind::Organisation) => errors::missing_reference(&[wanted]),
        fault => refused(fault),
    }
}

/// Organisations by the ids that came in; all of them, or the ids that are none.
async fn organisations(
    session: &Session,
    wanted: &[String],
) -> Result<Vec<OrganisationId>, Refusal> {
    let found = session.organisations_called(wanted).await?;
    all_or_missing(wanted, |id| found.get(id).map(|row| row.id))
}

/// Groups likewise.
async fn groups(session: &Session, wanted: &[String]) -> Result<Vec<GroupId>, Refusal> {
    let found = session.groups_called(wanted).await?;
    all_or_missing(wanted, |id| found.get(id).map(|row| row.id))
}

/// What the ids that came in stand for; all of them, or the ids that stand for nothing.
pub fn all_or_missing<T>(
    wanted: &[String],
    find: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Refusal> {
    let missing: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|id| find(id).is_none())
        .collect();
    if missing.is_empty() {
        Ok(wanted.iter().filter_map(|id| find(id)).collect())
    } else {
        Err(errors::missing_reference(&missing))
    }
}
