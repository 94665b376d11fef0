//! Patches of users: what each key changes, in the row or in the dialect's document.

use directory::{Fault, NewPassword, Ref, Standing, Status, Time, User, UserChange, UserKind};
use serde_json::Value;

use super::super::confidence::Level;
use super::super::documents::{Document, LANGUAGES, UserDocument, unit_system};
use super::super::edit::Edit;
use super::super::errors::{self, refused};
use super::super::graph::Session;
use super::super::node::Person;
use super::checked_name;
use graphql::Refusal;

/// Changes a user. `own` is somebody changing themselves, who may change less.
pub async fn patch(
    session: &Session,
    user: User,
    edits: &[Edit],
    own: bool,
) -> Result<User, Refusal> {
    let person = session.person(user.clone()).await?;
    let mut document = person.document.clone();
    let mut change = UserChange {
        if_revision: Some(user.revision),
        ..UserChange::default()
    };
    for edit in edits {
        if !own && withheld(session, &person, edit) {
            return Err(errors::forbidden());
        }
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
        Ok(changed) => Ok(changed),
        Err(fault) => Err(taken(session, fault, email.as_deref()).await),
    }
}

/// What an administrator of an organisation does not change of its people (opencti.md §5).
const WITHHELD: &[&str] = &[
    "password",
    "password_valid_until",
    "user_email",
    "user_service_account",
    "otp_mandatory",
];

/// Whether an edit is one that no caller may make here, or not this caller.
fn withheld(session: &Session, person: &Person, edit: &Edit) -> bool {
    // Tokens are made and revoked, never patched.
    edit.key == "api_tokens"
        || session.only_organization_admin()
            && WITHHELD.contains(&edit.key.as_str())
            && !(edit.key == "user_email" && echoes(person, edit))
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
            document.user_confidence_level = edit.level(document.user_confidence_level.as_ref())?;
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
            document.password_valid_until = session
                .platform_settings()
                .await?
                .password_end(session.now());
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
pub struct Wanted {
    /// The status.
    pub status: Status,
    /// Whether an administrator's lock is laid on it.
    pub locked: bool,
}

/// Reads the vendor's word for a status.
pub fn status(word: &str) -> Result<Wanted, Refusal> {
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

/// An address as it is kept here: lower case, shaped like one.
pub fn checked_email(email: &str) -> Result<String, Refusal> {
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

/// One of the platform's languages.
pub fn checked_language(language: &str) -> Result<String, Refusal> {
    if LANGUAGES.contains(&language) {
        Ok(language.to_owned())
    } else {
        Err(
            errors::functional("The language you have provided is not valid")
                .with("language", language),
        )
    }
}

/// A unit system in the enum's spelling.
pub fn checked_units(word: &str) -> Result<String, Refusal> {
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
    match level.complaint() {
        Some(complaint) => Err(errors::functional(complaint)),
        None => Ok(level),
    }
}

/// Texts of the document have bounds like everything that is stored.
pub fn check_lengths(document: &UserDocument) -> Result<(), Refusal> {
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
pub async fn taken(session: &Session, fault: Fault, email: Option<&str>) -> Refusal {
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
