//! Users: list, show, make, change, delete.

use std::sync::Arc;

use directory::filter::{USER_FIELDS, USER_SORTS};
use directory::{
    Names, NewPassword, NewUser, Predicate, Profile, ProfileChange, ProvisioningDefaults, Standing,
    Status, Time, User, UserChange, UserField, UserKind, UserRef,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use kit::{Authenticated, JsonBody};

use super::answers;
use super::errors::Problem;
use super::facet_counts::FACETS;
use super::facets;
use super::fields::{Fields, Named, words};
use super::included::{Include, Included, Loaded};
use super::lists::{self, Listing};
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::second_factors;
use super::times::Moment;

/// A user as shown. References to other entities are their numbers, which every path takes.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "User",
    description = "A person or a service account. `status` is what was set; `standing` is what the account amounts to now, locks and dates included. Other entities are referred to by their numbers."
)]
pub struct UserBody<'a> {
    id: Uuid,
    number: i64,
    login: &'a str,
    email: Option<&'a str>,
    pending_email: Option<&'a str>,
    name: &'a str,
    display_name: Option<&'a str>,
    given_name: Option<&'a str>,
    family_name: Option<&'a str>,
    kind: UserKind,
    status: Status,
    standing: Standing,
    locked: bool,
    lock_after: Option<Moment>,
    locked_out_until: Option<Moment>,
    home: i64,
    primary_group: Option<i64>,
    #[serde(flatten)]
    profile: &'a Profile,
    second_factor: bool,
    second_factor_required: Option<bool>,
    has_password: bool,
    must_change_password: bool,
    password_changed_at: Option<Moment>,
    revision: i64,
    created_at: Moment,
    created_by: Option<i64>,
    updated_at: Moment,
    updated_by: Option<i64>,
    last_seen_at: Option<Moment>,
    signed_in_at: Option<Moment>,
    previous_sign_in_at: Option<Moment>,
    sign_in_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Included<'a>")]
    included: Option<Included<'a>>,
}

impl<'a> UserBody<'a> {
    /// Shows a user as of `now`.
    pub fn of(user: &'a User, now: Time) -> Self {
        Self {
            id: user.uuid,
            number: user.id.0,
            login: &user.login,
            email: user.email.as_deref(),
            pending_email: user.pending_email.as_deref(),
            name: &user.shown.name,
            display_name: user.names.display.as_deref(),
            given_name: user.names.given.as_deref(),
            family_name: user.names.family.as_deref(),
            kind: user.kind,
            status: user.status,
            standing: user.standing(now),
            locked: user.locked_until.is_some_and(|until| until > now),
            lock_after: Moment::maybe(user.lock_after),
            locked_out_until: Moment::maybe(user.lockout_until.filter(|until| *until > now)),
            home: user.home.0,
            primary_group: user.primary_group.map(|group| group.0),
            profile: &user.profile,
            second_factor: user.second_factor,
            second_factor_required: user.second_factor_required,
            has_password: user.has_password,
            must_change_password: user.must_change_password,
            password_changed_at: Moment::maybe(user.password_changed_at),
            revision: user.revision,
            created_at: Moment(user.created_at),
            created_by: user.created_by.map(|user| user.0),
            updated_at: Moment(user.updated_at),
            updated_by: user.updated_by.map(|user| user.0),
            last_seen_at: Moment::maybe(user.last_seen_at),
            signed_in_at: Moment::maybe(user.signed_in_at),
            previous_sign_in_at: Moment::maybe(user.previous_sign_in_at),
            sign_in_count: user.sign_in_count,
            included: None,
        }
    }

    /// Shows a user with what was asked for beside.
    fn with(user: &'a User, now: Time, loaded: &'a Loaded) -> Self {
        Self {
            included: loaded.of(user),
            ..Self::of(user, now)
        }
    }
}

/// The words of what an account is.
const KINDS: &[(&str, UserKind)] = &[("person", UserKind::Person), ("service", UserKind::Service)];
/// The words of what an account may be set to.
const STATUSES: &[(&str, Status)] = &[
    ("active", Status::Active),
    ("inactive", Status::Inactive),
    ("suspended", Status::Suspended),
    ("expired", Status::Expired),
];

/// How users are listed.
pub const LISTING: Listing<UserField> = Listing {
    fields: USER_FIELDS,
    sorts: USER_SORTS,
    facets: &[],
    downwards: false,
};

/// The parameters of the list of users beside those of every list.
pub const OWN: &[&str] = &["include", FACETS];

/// `GET /users`
pub async fn list(request: Authenticated) -> Answer {
    let given = &request.query()?.0;
    let include = Include::read(given)?;
    let query = LISTING.query_with(&request, given, OWN).await?;
    let facets = facets::load(&request, given, &LISTING, OWN, Predicate::All).await?;
    let page = request.users(&query).await?;
    let loaded = include.load(&request, &page.items).await?;
    let now = request.now();
    lists::page_with(&request, &page, facets, |user| {
        UserBody::with(user, now, &loaded)
    })
}

/// `GET /users/{user}`
pub async fn show(request: Authenticated) -> Answer {
    let given = &request.query()?.0;
    lists::only(given, &["include"])?;
    let include = Include::read(given)?;
    let user = request.user(request.reference(0)).await?;
    let loaded = include.load(&request, std::slice::from_ref(&user)).await?;
    Reply::revised(
        user.revision,
        &UserBody::with(&user, request.now(), &loaded),
    )
}

/// `POST /users`
pub async fn create(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let fields = super::fields::required(body)?;
    let new = new_user(&request, fields).await?;
    let (info, now) = (Arc::clone(&request.info), request.now());
    let show = move |user: &User| {
        let location = format!("/users/{}", user.uuid);
        let body = UserBody::of(user, now);
        Reply::made(&info, &location, Some(user.revision), &body)
    };
    answers::once(&request, &request, show, |handle| handle.create_user(new)).await
}

/// `PATCH /users/{user}`. A session gives the present password, or a code of the second factor, too when
/// it changes its own person's login or address and was not begun just now.
pub async fn update(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let proof = second_factors::proof(&mut fields)?;
    let change = change(&request, fields).await?;
    let user: UserRef = request.reference(0);
    let handle = request.proven(proof).await?;
    let user = handle.update_user(user, change).await?;
    Reply::revised(user.revision, &UserBody::of(&user, request.now()))
}

/// `DELETE /users/{user}`
pub async fn delete(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let user: UserRef = request.reference(0);
    request.delete_user(user).await?;
    Reply::nothing()
}

/// Reads a person to make.
pub async fn new_user(request: &Authenticated, mut fields: Fields) -> Result<NewUser, Problem> {
    let handle = request;
    let password = fields.value::<String>("password")?;
    let must_change = fields.value("must_change_password")?.unwrap_or(true);
    let home: Option<Named> = fields.value("home")?;
    let organisations: Option<Vec<Named>> = fields.value("organisations")?;
    let primary_group: Option<Named> = fields.value("primary_group")?;
    let groups: Option<Vec<Named>> = fields.value("groups")?;
    let roles: Option<Vec<Named>> = fields.value("roles")?;
    let new = NewUser {
        uuid: fields.value("id")?,
        login: fields.value("login")?,
        email: fields.value("email")?,
        names: Names {
            display: fields.value("display_name")?,
            given: fields.value("given_name")?,
            family: fields.value("family_name")?,
        },
        kind: fields.value_word("kind", KINDS)?,
        status: fields.value_word("status", STATUSES)?,
        locked: fields.value("locked")?.unwrap_or(false),
        lock_after: fields.value("lock_after")?,
        password: match password {
            None => NewPassword::None,
            Some(password) if must_change => NewPassword::MustChange(password),
            Some(password) => NewPassword::Chosen(password),
        },
        profile: Profile::read_each(|attribute| fields.value(attribute.name()))?,
        second_factor_required: fields.value("second_factor_required")?,
        door: ProvisioningDefaults {
            without_defaults: !fields.value("default_roles")?.unwrap_or(true),
            mail: access_mail(&mut fields)?,
        },
        ..NewUser::default()
    };
    fields.end()?;
    Ok(NewUser {
        home: references::organisation(handle, "home", home).await?,
        organisations: references::organisations(handle, "organisations", organisations).await?,
        primary_group: references::group(handle, "primary_group", primary_group).await?,
        groups: references::groups(handle, "groups", groups).await?,
        roles: references::roles(handle, "roles", roles).await?,
        ..new
    })
}

/// Reads which mail a new account gets: its template's name.
pub fn access_mail(fields: &mut Fields) -> Result<Option<String>, Problem> {
    let mail: Option<AccessMail> = fields.value("mail")?;
    Ok(mail.map(AccessMail::template))
}

/// The member that shows a field of the directory's.
pub fn member_of(field: &str) -> &str {
    match field {
        "display" => "display_name",
        "given" => "given_name",
        "family" => "family_name",
        "locked_until" => "locked",
        "lockout_until" => "locked_out_until",
        other => other,
    }
}

/// The mail that a new account gets.
#[derive(Clone, Copy)]
enum AccessMail {
    Welcome,
    Activation,
}

words! { AccessMail: "welcome" = AccessMail::Welcome, "activation" = AccessMail::Activation }

impl AccessMail {
    fn template(self) -> String {
        match self {
            AccessMail::Welcome => "welcome",
            AccessMail::Activation => "activation",
        }
        .to_owned()
    }
}

async fn change(request: &Authenticated, mut fields: Fields) -> Result<UserChange, Problem> {
    let handle = request;
    let home: Option<Named> = fields.take("home")?;
    let primary_group: Option<Option<Named>> = fields.take("primary_group")?;
    let groups: Option<Vec<Named>> = fields.take("groups")?;
    let mut change = UserChange {
        login: fields.take("login")?,
        email: fields.take("email")?,
        kind: fields.take_word("kind", KINDS)?,
        status: fields.take_word("status", STATUSES)?,
        locked: fields.take("locked")?,
        lock_after: fields.take("lock_after")?,
        must_change_password: fields.take("must_change_password")?,
        second_factor_required: fields.take("second_factor_required")?,
        if_revision: request.revision(),
        ..UserChange::default()
    };
    profile(&mut change, &mut fields)?;
    fields.end()?;
    change.home = references::organisation(handle, "home", home).await?;
    change.primary_group = match primary_group {
        None => None,
        Some(None) => Some(None),
        Some(named) => Some(references::group(handle, "primary_group", named).await?),
    };
    change.groups = match groups {
        None => None,
        groups => Some(references::groups(handle, "groups", groups).await?),
    };
    Ok(change)
}

/// Reads what everybody may change of themselves.
pub fn profile(change: &mut UserChange, fields: &mut Fields) -> Result<(), Problem> {
    change.display = fields.take("display_name")?;
    change.given = fields.take("given_name")?;
    change.family = fields.take("family_name")?;
    change.profile = ProfileChange::read_each(|attribute| fields.take(attribute.name()))?;
    Ok(())
}
