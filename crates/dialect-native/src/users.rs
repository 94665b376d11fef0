//! Users: list, show, make, change, delete.

use std::sync::Arc;

use directory::filter::{BY_NUMBER, USER_FIELDS, USER_SORTS};
use directory::{
    Names, NewPassword, NewUser, Predicate, Profile, ProfileChange, Proof, ProvisioningDefaults,
    Standing, Status, Time, User, UserChange, UserField, UserKind, UserRef,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use kit::Authenticated;

use super::answers;
use super::bodies::{Body, Schemas, Sent, Word, Worded, body, object};
use super::errors::Problem;
use super::facet_counts::FACETS;
use super::facets;
use super::fields::Named;
use super::included::{Include, Included, Loaded};
use super::lists::{self, Listing};
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::second_factors::ProofBody;
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
impl Worded for UserKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("person", UserKind::Person), ("service", UserKind::Service)];
}

/// The words of what an account may be set to.
impl Worded for Status {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("active", Status::Active),
        ("inactive", Status::Inactive),
        ("suspended", Status::Suspended),
        ("expired", Status::Expired),
    ];
}

/// How users are listed.
pub const LISTING: Listing<UserField> = Listing {
    fields: USER_FIELDS,
    usual: BY_NUMBER,
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

body! {
    /// What counts only for an account that is made.
    pub struct NewAccountBody {
        id: optional Uuid,
        password: optional String,
        must_change_password: optional bool,
        default_roles: optional bool,
        mail: optional Word<AccessMail>,
    }
}

body! {
    pub struct NewUserBody {
        account: members NewAccountBody,
        login: optional String,
        email: optional String,
        display_name: optional String,
        given_name: optional String,
        family_name: optional String,
        kind: optional Word<UserKind>,
        status: optional Word<Status>,
        locked: optional bool,
        lock_after: optional Time,
        home: optional Named,
        organisations: optional Vec<Named>,
        primary_group: optional Named,
        groups: optional Vec<Named>,
        roles: optional Vec<Named>,
        second_factor_required: optional bool,
        profile: members Profile,
    }
}

impl Body for NewUserBody {
    const NAME: &'static str = "NewUser";
    const DESCRIPTION: &'static str = "A person needs an `email` or a `login`; a service account needs nothing. Without \
        `roles` the defaults of the door are granted, unless `default_roles` is false. A password set by somebody else must \
        be changed at the first sign-in, unless `must_change_password` is false.";
    const OPTIONAL: bool = false;

    fn schema(schemas: &mut Schemas) -> Value {
        let mut schema = object::<Self>(schemas);
        schema.insert("description".to_owned(), Self::DESCRIPTION.into());
        let alternatives = json!([
            { "properties": { "email": { "type": "string" } }, "required": ["email"] },
            { "properties": { "login": { "type": "string" } }, "required": ["login"] },
            { "properties": { "kind": { "const": "service" } }, "required": ["kind"] },
        ]);
        schema.insert("anyOf".to_owned(), alternatives);
        schema.into()
    }
}

/// `POST /users`
pub async fn create(request: Authenticated, body: Sent<NewUserBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let new = new_user(&request, body.read()?).await?;
    let (info, now) = (Arc::clone(&request.info), request.now());
    let show = move |user: &User| {
        let location = format!("/users/{}", user.uuid);
        let body = UserBody::of(user, now);
        Reply::made(&info, &location, Some(user.revision), &body)
    };
    answers::once(&request, &request, show, |handle| handle.create_user(new)).await
}

body! {
    pub struct ProfileChangeBody as "ProfileChange" {
        display_name: clearable String,
        given_name: clearable String,
        family_name: clearable String,
        attributes: members ProfileChange,
    }
}

impl ProfileChangeBody {
    /// What everybody may change of themselves.
    pub fn change(self) -> UserChange {
        UserChange {
            display: self.display_name,
            given: self.given_name,
            family: self.family_name,
            profile: self.attributes,
            ..UserChange::default()
        }
    }
}

body! {
    /// Only what is sent changes; null clears. `groups` replaces the groups whose members the caller may change.
    pub struct UserChangeBody as "UserChange" {
        profile: members ProfileChangeBody,
        login: change String,
        email: clearable String,
        kind: change Word<UserKind>,
        status: change Word<Status>,
        locked: change bool,
        lock_after: clearable Time,
        home: change Named,
        primary_group: clearable Named,
        groups: change Vec<Named>,
        must_change_password: change bool,
        second_factor_required: clearable bool,
        proof: members ProofBody,
    }
}

/// `PATCH /users/{user}`. A session gives the present password, or a code of the second factor, too when
/// it changes its own person's login or address and was not begun just now.
pub async fn update(request: Authenticated, body: Sent<UserChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let (change, proof) = change(&request, body.read()?).await?;
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

/// A person to make, with what the request names found.
pub async fn new_user(handle: &Authenticated, sent: NewUserBody) -> Result<NewUser, Problem> {
    let account = sent.account;
    Ok(NewUser {
        uuid: account.id,
        login: sent.login,
        email: sent.email,
        names: Names {
            display: sent.display_name,
            given: sent.given_name,
            family: sent.family_name,
        },
        kind: sent.kind.map(|kind| kind.0),
        status: sent.status.map(|status| status.0),
        locked: sent.locked.unwrap_or(false),
        lock_after: sent.lock_after,
        password: new_password(account.password, account.must_change_password),
        profile: sent.profile,
        second_factor_required: sent.second_factor_required,
        door: provisioning(account.default_roles, account.mail),
        home: references::organisation(handle, "home", sent.home).await?,
        organisations: references::organisations(handle, "organisations", sent.organisations)
            .await?,
        primary_group: references::group(handle, "primary_group", sent.primary_group).await?,
        groups: references::groups(handle, "groups", sent.groups).await?,
        roles: references::roles(handle, "roles", sent.roles).await?,
        ..NewUser::default()
    })
}

/// A password that is set for a person, who must change it unless the request says otherwise.
pub fn new_password(password: Option<String>, must_change: Option<bool>) -> NewPassword {
    match password {
        None => NewPassword::None,
        Some(password) if must_change.unwrap_or(true) => NewPassword::MustChange(password),
        Some(password) => NewPassword::Chosen(password),
    }
}

/// What a new account gets beside what the request names.
pub fn provisioning(
    default_roles: Option<bool>,
    mail: Option<Word<AccessMail>>,
) -> ProvisioningDefaults {
    ProvisioningDefaults {
        without_defaults: !default_roles.unwrap_or(true),
        mail: mail.map(|mail| mail.0.template()),
    }
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
pub enum AccessMail {
    Welcome,
    Activation,
}

impl Worded for AccessMail {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("welcome", AccessMail::Welcome),
        ("activation", AccessMail::Activation),
    ];
}

impl AccessMail {
    fn template(self) -> String {
        match self {
            AccessMail::Welcome => "welcome",
            AccessMail::Activation => "activation",
        }
        .to_owned()
    }
}

async fn change(
    request: &Authenticated,
    sent: UserChangeBody,
) -> Result<(UserChange, Option<Proof>), Problem> {
    let change = UserChange {
        login: sent.login,
        email: sent.email,
        kind: sent.kind.map(|kind| kind.0),
        status: sent.status.map(|status| status.0),
        locked: sent.locked,
        lock_after: sent.lock_after,
        must_change_password: sent.must_change_password,
        second_factor_required: sent.second_factor_required,
        home: references::organisation(request, "home", sent.home).await?,
        primary_group: match sent.primary_group {
            None => None,
            Some(named) => Some(references::group(request, "primary_group", named).await?),
        },
        groups: match sent.groups {
            None => None,
            groups => Some(references::groups(request, "groups", groups).await?),
        },
        if_revision: request.revision(),
        ..sent.profile.change()
    };
    Ok((change, sent.proof.proof()))
}
