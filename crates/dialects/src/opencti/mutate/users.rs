//! Users: made, changed, put into groups and organisations, deleted.

use directory::{
    Door, Fault, GroupId, Kind, Names, NewPassword, NewUser, OrganisationId, Ref, Standing, Status,
    Time, User, UserChange, UserKind,
};
use serde_json::Value;

use super::super::confidence::Level;
use super::super::documents::{Document, LANGUAGES, UserDocument, unit_system};
use super::super::edit::{self, Edit};
use super::super::engine::{Call, Link, Refusal};
use super::super::errors;
use super::super::graph::Session;
use super::super::node::{Node, Person};
use super::{
    Answer, checked_name, input, input_flag, input_list, input_text, refused, relationship,
};

/// How often a change is tried again when somebody else changed the same user in between.
const TRIES: usize = 8;

/// Makes a user.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let name = checked_name(&input_text(call, "name").unwrap_or_default())?;
    let service = input_flag(call, "user_service_account").unwrap_or(false);
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
        extension: Some(document(call)?.stored()),
        door: Door {
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

/// Answers a field of `UserEditMutations`.
pub async fn edit(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let user = target(session, id).await?;
    match call.name() {
        "delete" => {
            let deleted = session
                .handle
                .delete_user(user.id)
                .await
                .map_err(|fault| refused(&fault))?;
            Ok(Link::Leaf(Value::from(deleted.uuid.to_string())))
        }
        "fieldPatch" => {
            let edits = edit::read(call.get("input"));
            let changed = patch(session, user, &edits, false).await?;
            shown(session, changed).await
        }
        "relationAdd" => {
            let wanted = input_text(call, "toId").unwrap_or_default();
            if input_text(call, "relationship_type").as_deref() != Some("member-of") {
                return Err(errors::functional(
                    "Only member-of relations can be added to a user",
                ));
            }
            join(session, user, &wanted).await
        }
        "relationDelete" => {
            let wanted = call.text("toId");
            if call.text("relationship_type") != "member-of" {
                return Err(errors::functional(
                    "Only member-of relations can be deleted from a user",
                ));
            }
            leave(session, &user, wanted).await?;
            again(session, &user).await
        }
        "organizationAdd" => {
            let wanted = call.text("organizationId");
            let found = session.find_organisation(wanted).await?;
            let found = found.ok_or_else(|| errors::missing_reference(&[wanted]))?;
            let added = session.handle.add_membership(user.id, found.id, None).await;
            added.map_err(|fault| reference(&fault, wanted))?;
            again(session, &user).await
        }
        "organizationDelete" => {
            let wanted = call.text("organizationId");
            let found = session.find_organisation(wanted).await?;
            let found = found.ok_or_else(|| errors::missing_reference(&[wanted]))?;
            match session.handle.remove_membership(user.id, found.id).await {
                Ok(()) | Err(Fault::NotFound(Kind::Membership)) => again(session, &user).await,
                Err(fault) => Err(reference(&fault, wanted)),
            }
        }
        _ => Err(errors::internal()),
    }
}

/// The user of an edit; unknown ones are a rule of the business here, not a hole in the answer.
pub async fn target(session: &Session, id: &str) -> Result<User, Refusal> {
    let user = session.find_user(id).await?;
    user.ok_or_else(|| errors::functional("User cannot be found.").with("user_id", id))
}

async fn again(session: &Session, user: &User) -> Answer {
    let user = session
        .handle
        .user(user.id)
        .await
        .map_err(|fault| refused(&fault))?;
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

/// Changes a user. `own` is somebody changing themselves, who may change less.
pub async fn patch(
    session: &Session,
    user: User,
    edits: &[Edit],
    own: bool,
) -> Result<User, Refusal> {
    let mut user = user;
    for _ in 0..TRIES {
        let person = session.person(user.clone()).await?;
        let mut document = person.document.clone();
        let mut change = UserChange {
            if_revision: Some(user.revision),
            ..UserChange::default()
        };
        for edit in edits {
            apply(session, &person, edit, &mut change, &mut document).await?;
        }
        check_lengths(&document)?;
        if document != person.document {
            change.extension = Some(document.stored());
        }
        let email = change.email.clone().flatten();
        let changed = if own {
            session.handle.update_own_profile(change).await
        } else {
            session.handle.update_user(user.id, change).await
        };
        match changed {
            Ok(changed) => return Ok(changed),
            Err(Fault::Stale) => {
                user = session
                    .handle
                    .user(user.id)
                    .await
                    .map_err(|fault| refused(&fault))?;
            }
            Err(fault) => return Err(taken(session, fault, email.as_deref()).await),
        }
    }
    Err(refused(&Fault::Stale))
}

/// Applies one edit to the row's change or to the document.
async fn apply(
    session: &Session,
    person: &Person,
    edit: &Edit,
    change: &mut UserChange,
    document: &mut UserDocument,
) -> Result<(), Refusal> {
    let user = &person.user;
    match edit.key.as_str() {
        // Writing back what is shown changes nothing: not even where it is derived or made up.
        "name" | "firstname" | "lastname" | "user_email" if echoes(person, edit) => {}
        "name" => change.display = Some(Some(checked_name(&edit.text()?)?)),
        "firstname" => change.given = Some(edit.optional_text()?),
        "lastname" => change.family = Some(edit.optional_text()?),
        "user_email" => change.email = Some(Some(checked_email(&edit.text()?)?)),
        "description" => document.description = edit.optional_text()?,
        "theme" => {
            document.theme = edit
                .optional_text()?
                .unwrap_or_else(|| "default".to_owned())
        }
        "language" => {
            document.language = match edit.optional_text()? {
                Some(language) => checked_language(&language)?,
                None => "auto".to_owned(),
            }
        }
        "unit_system" => {
            document.unit_system = match edit.optional_text()? {
                Some(word) => Some(checked_units(&word)?),
                None => None,
            }
        }
        "submenu_show_icons" => document.submenu_show_icons = edit.flag()?,
        "submenu_auto_collapse" => document.submenu_auto_collapse = edit.flag()?,
        "monochrome_labels" => document.monochrome_labels = edit.flag()?,
        "default_time_field" => document.default_time_field = edit.optional_text()?,
        "default_hidden_types" => edit.list(&mut document.default_hidden_types)?,
        "unsubscribed_news_feed_types" => edit.list(&mut document.unsubscribed_news_feed_types)?,
        "password_valid_until" => {
            document.password_valid_until = edit.time()?.map(Time::rfc3339);
        }
        "user_confidence_level" => {
            let level: Option<Level> = edit.object()?;
            check_level(level.as_ref())?;
            document.user_confidence_level = level;
        }
        "account_status" => {
            let wanted = status(&edit.text()?)?;
            let now = session.now();
            if user.standing(now) == Standing::Locked || wanted.locked {
                change.locked = Some(wanted.locked);
            }
            change.status = Some(wanted.status);
            // Quirk: any status but Expired clears a date that has passed (opencti.md §5).
            let past = user.lock_after.is_some_and(|end| end <= now);
            if past && wanted.status != Status::Expired && change.lock_after.is_none() {
                change.lock_after = Some(None);
            }
        }
        "account_lock_after_date" => change.lock_after = Some(edit.time()?),
        "user_service_account" => {
            change.kind = Some(if edit.flag()? {
                UserKind::Service
            } else {
                UserKind::Person
            });
        }
        "otp_mandatory" => change.second_factor_required = Some(Some(edit.flag()?)),
        "password" => {
            if user.kind == UserKind::Service {
                return Err(errors::functional(
                    "Service accounts cannot have a password",
                ));
            }
            let password = edit.text()?;
            check_password(session, &password).await?;
            change.password = Some(NewPassword::Chosen(password));
        }
        "default_dashboard" | "default_workspace" | "personal_notifiers" | "draft_context"
        | "startup_url" => {
            document
                .other
                .insert(edit.key.clone(), Value::Array(edit.values.clone()));
        }
        key => {
            return Err(
                errors::unsupported("This attribute of a user cannot be changed").with("key", key),
            );
        }
    }
    Ok(())
}

/// Whether an edit writes back what the person shows.
fn echoes(person: &Person, edit: &Edit) -> bool {
    let Ok(value) = edit.optional_text() else {
        return false;
    };
    let shown = &person.user.shown;
    let value = value.unwrap_or_default();
    match edit.key.as_str() {
        "name" => value == shown.name,
        "firstname" => value == shown.given,
        "lastname" => value == shown.family.as_deref().unwrap_or_default(),
        _ => value == person.email(),
    }
}

/// What an account status asks for.
struct Wanted {
    status: Status,
    locked: bool,
}

fn status(word: &str) -> Result<Wanted, Refusal> {
    let (status, locked) = match word {
        "Active" => (Status::Active, false),
        "Inactive" => (Status::Inactive, false),
        "Expired" => (Status::Expired, false),
        "Locked" => (Status::Active, true),
        _ => {
            return Err(errors::unsupported("This account status does not exist")
                .with("account_status", word));
        }
    };
    Ok(Wanted { status, locked })
}

fn checked_email(email: &str) -> Result<String, Refusal> {
    let email = email.trim().to_lowercase();
    let shaped = email.chars().count() >= 5 && directory::check_email(&email).is_ok();
    // Nobody may take an address of the kind that is only shown for accounts without one.
    if shaped && !email.ends_with("@opencti.invalid") && !email.ends_with("@usher.invalid") {
        Ok(email)
    } else {
        Err(errors::validation(
            "user_email",
            "The value must be an e-mail address",
        ))
    }
}

fn checked_language(language: &str) -> Result<String, Refusal> {
    if LANGUAGES.contains(&language) {
        Ok(language.to_owned())
    } else {
        Err(
            errors::functional("The language you have provided is not valid")
                .with("language", language),
        )
    }
}

fn checked_units(word: &str) -> Result<String, Refusal> {
    let known = unit_system(word).map(str::to_owned);
    known.ok_or_else(|| {
        errors::unsupported("The unit system you have provided is not valid")
            .with("unit_system", word)
    })
}

/// Reads a confidence level of a mutation's input.
pub fn checked_level(level: &Value) -> Result<Level, Refusal> {
    use serde::Deserialize;
    let level = Level::deserialize(level).map_err(|_| {
        errors::validation("confidence_level", "The confidence level cannot be read")
    })?;
    check_level(Some(&level))?;
    Ok(level)
}

/// Checks a confidence level's figures.
pub fn check_level(level: Option<&Level>) -> Result<(), Refusal> {
    match level.and_then(Level::complaint) {
        Some(complaint) => Err(errors::functional(complaint)),
        None => Ok(()),
    }
}

/// Texts of the document have bounds like everything that is stored.
fn check_lengths(document: &UserDocument) -> Result<(), Refusal> {
    let texts = [
        (
            "description",
            document.description.as_deref().unwrap_or_default(),
            10_000,
        ),
        ("theme", document.theme.as_str(), 100),
        (
            "default_time_field",
            document.default_time_field.as_deref().unwrap_or_default(),
            100,
        ),
    ];
    for (field, text, longest) in texts {
        if text.chars().count() > longest {
            return Err(errors::validation(field, "The value is too long"));
        }
    }
    Ok(())
}

/// The vendor's own policy, beside the directory's.
pub async fn check_password(session: &Session, password: &str) -> Result<(), Refusal> {
    match session.platform_settings().await?.complaint(password) {
        Some(complaint) => Err(errors::functional(format!("Invalid password: {complaint}"))),
        None => Ok(()),
    }
}

/// The vendor says whose the address is, as far as the caller sees them.
async fn taken(session: &Session, fault: Fault, email: Option<&str>) -> Refusal {
    let refusal = refused(&fault);
    match (fault, email) {
        (
            Fault::Taken {
                field: "email" | "login",
            },
            Some(email),
        ) => match session.handle.user(Ref::Name(email.to_owned())).await {
            Ok(user) => refusal.with("user_id", user.uuid.to_string()),
            Err(_) => refusal,
        },
        _ => refusal,
    }
}

/// Organisations by the ids that came in; all of them, or the ids that are none.
async fn organisations(
    session: &Session,
    wanted: &[String],
) -> Result<Vec<OrganisationId>, Refusal> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut missing = Vec::new();
    for id in wanted {
        match session.find_organisation(id).await? {
            Some(row) => found.push(row.id),
            None => missing.push(id.as_str()),
        }
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(errors::missing_reference(&missing))
    }
}

/// Groups likewise.
async fn groups(session: &Session, wanted: &[String]) -> Result<Vec<GroupId>, Refusal> {
    let mut found = Vec::with_capacity(wanted.len());
    let mut missing = Vec::new();
    for id in wanted {
        match session.find_group(id).await? {
            Some(row) => found.push(row.id),
            None => missing.push(id.as_str()),
        }
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(errors::missing_reference(&missing))
    }
}
