//! What holds for every user that is made or changed.

use serde_json::{Value, json};

use crate::access::work::Work;
use crate::model::{Fault, OrganisationId, Permission, Scope, User};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::{organisations, users};

/// Checks the texts of a user; they are stored as sent.
pub(crate) fn check_texts(user: &User) -> Result<(), Fault> {
    rules::check_text("login", &user.login, 254, false)?;
    for (field, text) in [
        ("display", &user.names.display),
        ("given", &user.names.given),
        ("family", &user.names.family),
    ] {
        if let Some(text) = text {
            rules::check_text(field, text, 255, false)?;
        }
    }
    user.profile.check()?;
    if user.login.trim().is_empty() || user.login.trim() != user.login {
        return Err(Fault::invalid(
            "login",
            "must not be empty or begin or end with a blank",
        ));
    }
    Ok(())
}

/// The organisation's allowed domains bind those who do not reach the whole installation.
pub(crate) async fn check_home_domain(
    work: &mut Work<'_>,
    permission: Permission,
    home: OrganisationId,
    email: &str,
) -> Outcome<()> {
    // What a limited key makes lies within them even so: the address is a way in without the limits.
    let free = !work.caller.limits.limited();
    if free && work.scopes_of(permission).contains(&Scope::All) {
        return Ok(());
    }
    if let Some(organisation) = organisations::by_id(&mut work.tx, home).await? {
        rules::check_domain(email, &organisation.domains)?;
    }
    Ok(())
}

/// One's own address changes at once only where nobody else's is taken by that: within the home's
/// domains, or the old address's. A person who may edit the people of their home decides themselves, and a
/// mail to the new address has confirmed it.
pub(crate) async fn check_own_address(work: &mut Work<'_>, old: &User, email: &str) -> Outcome<()> {
    if old.id != work.caller.user || work.caller.proof || work.caller.is_system() {
        return Ok(());
    }
    if work
        .reaches_organisation(Permission::EditUsers, old.home)
        .await?
    {
        return Ok(());
    }
    let home = organisations::by_id(&mut work.tx, old.home)
        .await?
        .ok_or(Fault::NotFound(crate::model::Kind::Organisation))?;
    Ok(rules::check_own_address(
        old.email.as_deref(),
        email,
        &home.domains,
    )?)
}

/// Takes the login and the e-mail in the one name space.
pub(crate) async fn take_names(work: &mut Work<'_>, user: &User) -> Outcome<()> {
    let email = user.email.as_deref().map(rules::fold).unwrap_or_default();
    let login = rules::fold(&user.login);
    if !email.is_empty() && !users::take_name(&mut work.tx, &email, user.id).await? {
        return Err(Fault::Taken { field: "email" }.into());
    }
    if login != email && !users::take_name(&mut work.tx, &login, user.id).await? {
        return Err(Fault::Taken { field: "login" }.into());
    }
    Ok(())
}

/// What an event tells of a user; never a secret.
pub(crate) fn described(user: &User) -> Value {
    json!({
        "login": user.login,
        "email": user.email,
        "name": user.shown.name,
        "kind": user.kind,
        "status": user.status,
        "home": user.home,
    })
}
