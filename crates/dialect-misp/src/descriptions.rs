//! What a GET on the path of a change answers: which fields it takes (misp.md §6).

use serde_json::json;

use super::action::Action;
use super::protocol;
use super::wire;
use kit::{Authenticated, HandlerResult, Rejection};

/// The fields that making and changing an organisation take.
const ORGANISATION: &[&str] = &[
    "uuid",
    "local",
    "description",
    "type",
    "nationality",
    "sector",
    "contacts",
    "restricted_to_domain",
];

/// The fields of one's own profile.
const PROFILE: &[&str] = &[
    "email",
    "password",
    "autoalert",
    "contactalert",
    "gpgkey",
    "certif_public",
    "nids_sid",
    "notification_daily",
    "notification_weekly",
    "notification_monthly",
];

const USER: &[&str] = &[
    "role_id",
    "org_id",
    "password",
    "change_pw",
    "disabled",
    "termsaccepted",
    "newsread",
    "autoalert",
    "contactalert",
    "gpgkey",
    "certif_public",
    "nids_sid",
    "notify",
];

const ROLE: &[&str] = &[
    "permission",
    "perm_admin",
    "perm_site_admin",
    "perm_auth",
    "perm_audit",
    "perm_sync",
    "restricted_to_site_admin",
    "memory_limit",
    "max_execution_time",
    "enforce_rate_limit",
    "rate_limit_count",
];

const KEY: &[&str] = &["comment", "expiration", "allowed_ips", "read_only", "uuid"];

/// What a change takes: what it does, the fields it must have, and those it may have.
type Fields = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const fn fields(act: Action) -> Option<Fields> {
    match act {
        Action::AddUser => Some(("Make a user.", &["email"], USER)),
        Action::EditUser => Some(("Change a user; what is not sent stays.", &[], USER)),
        Action::EditProfile => Some(("Change your own profile.", &[], PROFILE)),
        Action::ChangePassword => Some(("Change your own password.", &["password"], &[])),
        Action::AddOrganisation => Some(("Make an organisation.", &["name"], ORGANISATION)),
        Action::EditOrganisation => Some((
            "Change an organisation; what is not sent stays.",
            &[],
            ORGANISATION,
        )),
        Action::AddRole => Some(("Make a role.", &["name"], ROLE)),
        Action::EditRole => Some(("Change a role; what is not sent stays.", &[], ROLE)),
        Action::AddKey => Some(("Make an API key.", &[], KEY)),
        Action::EditKey => Some(("Change an API key.", &[], KEY)),
        _ => None,
    }
}

/// The description of the change that a POST on this path would be.
pub async fn show(request: Authenticated) -> HandlerResult {
    let place = protocol::place(&request.info);
    let Some((description, mandatory, optional)) = fields(place.act) else {
        return Err(Rejection::WrongMethod.into());
    };
    let path = &request.info.path;
    let body = json!({
        "name": format!("{path} API description"),
        "description": description,
        "mandatory_fields": mandatory,
        "optional_fields": optional,
        "url": path,
    });
    Ok(wire::shown(&request, &body))
}
