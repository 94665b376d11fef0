//! Users: list, make, show, change, and what is done to their accounts.

use axum::extract::Request;
use directory::{
    Extended, Fault, Group, GroupId, Kind, Names, NamesShown, NewPassword, NewUser, Operation,
    Predicate, ProfileAttribute, ProfileChange, ProvisioningDefaults, Query, Status, Test, User,
    UserChange, UserField, UserId, UserKind,
};
use kit::{Authenticated, HandlerResult, Pairs, Path};

use crate::errors::Failure;
use crate::fields::{Values, one_of, path_id};
use crate::people::{self, DETAIL, detail, detail_of};
use crate::request::{self, done, list as answer_list, paged, success};
use crate::specification::operations as specified;
use crate::{map, profile, wire};

/// How often a change is tried again when somebody else changed the user at the same time.
const TRIES: usize = 8;

/// `GET /users/`
pub async fn list(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let (values, page) = request::page(
        &request,
        Operation::ListUsers,
        &specified::LIST_USERS,
        &pairs,
    )?;
    let query = Query {
        predicate: filter(&values)?,
        sort: Some(match page.order {
            "user" => UserField::Login,
            _ => UserField::Name,
        }),
        ..paged(page)
    };
    let found = request.users(&query).await?;
    let groups = values.flag("exclude_groups") != Some(true);
    let rows = people::summaries(&request, &found.items, groups).await?;
    Ok(answer_list(&rows, page, found.total))
}

fn filter(values: &Values) -> Result<Predicate<UserField>, Failure> {
    let mut all = Vec::new();
    let is = |field, test| Predicate::Is(field, test);
    let status = values.text("account_status").unwrap_or("active");
    match one_of("account_status", status, &["active", "inactive", "all"])? {
        "all" => {}
        status => {
            let standings = map::standings(status == "active");
            let standings = standings.iter().map(|word| (*word).into()).collect();
            all.push(is(UserField::Standing, Test::OneOf(standings)));
        }
    }
    if let Some(text) = values.text("query").filter(|text| !text.is_empty()) {
        let part = || Test::Contains(text.to_owned());
        let mut any = vec![
            is(UserField::Name, part()),
            is(UserField::Login, part()),
            directory::shown_email_contains(text),
        ];
        if let Ok(number) = text.parse::<i64>() {
            any.push(is(UserField::Id, Test::Equals(number.into())));
        }
        all.push(Predicate::Or(any));
    }
    match (values.integer("group_id"), values.integers("group_ids")) {
        (Some(group), Some(_)) => {
            let why = "must not be given together with group_ids";
            return Err(Failure::parameter("group_id", &group.to_string(), why));
        }
        (Some(group), None) => all.push(is(UserField::Group, Test::Equals(group.into()))),
        (None, Some(groups)) => {
            let groups = groups.into_iter().map(Into::into).collect();
            all.push(is(UserField::Group, Test::OneOf(groups)));
        }
        (None, None) => {}
    }
    if let Some(organisation) = values.integer("organization_id") {
        all.push(is(UserField::Home, Test::Equals(organisation.into())));
    }
    // A feature is on for everybody or for nobody.
    if values
        .text("feature_flag")
        .is_some_and(|flag| !map::is_on(flag))
    {
        all.push(Predicate::Nothing);
    }
    Ok(match all.len() {
        0 => Predicate::All,
        _ => Predicate::And(all),
    })
}

/// `POST /users/`
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let operation = &specified::CREATE_USER;
    let values = request::body(&request, Operation::CreateUser, operation, raw).await?;
    let primary = values.integer("primary_group_id").unwrap_or_default();
    let group = request
        .group(GroupId(primary))
        .await
        .map_err(people::unknown(Kind::Group))?;
    let new = new_user(&request, &values, &group).await?;
    let (user, related) = request.create_user_and_show(new, DETAIL).await?;
    Ok(success(operation, &detail_of(&request, &user, related)))
}

async fn new_user(
    request: &Authenticated,
    values: &Values,
    group: &Group,
) -> Result<NewUser, kit::RequestError> {
    for name in ["name", "email", "user"] {
        if values.needed(name).trim().is_empty() {
            return Err(Failure::validation(format_args!("{name} can't be blank")).into());
        }
    }
    let second_factor_required = match values.flag_change("otp_required_for_login") {
        Some(required) => required,
        None => default_second_factor(request, group).await?,
    };
    let active = values.flag("active") != Some(false);
    let mut groups = group_ids(values).unwrap_or_default();
    groups.retain(|id| *id != group.id);
    Ok(NewUser {
        login: Some(values.needed("user")),
        email: Some(values.needed("email")),
        names: Names {
            display: Some(values.needed("name")),
            ..Names::default()
        },
        kind: values.flag("robot").map(kind),
        status: Some(if active {
            Status::Active
        } else {
            Status::Inactive
        }),
        home: Some(group.organisation),
        primary_group: Some(group.id),
        groups,
        profile: attributes(values).to_new(),
        second_factor_required,
        extension: Some(profile::extension(profile::members_of_user(values))),
        door: ProvisioningDefaults {
            mail: (values.flag("send_email") == Some(true)).then(|| "welcome".to_owned()),
            ..ProvisioningDefaults::default()
        },
        ..NewUser::default()
    })
}

fn kind(robot: bool) -> UserKind {
    if robot {
        UserKind::Service
    } else {
        UserKind::Person
    }
}

fn group_ids(values: &Values) -> Option<Vec<GroupId>> {
    let ids = values.integers("group_ids")?;
    Some(ids.into_iter().map(GroupId).collect())
}

/// Whether people made in a group need a second factor.
async fn default_second_factor(
    request: &Authenticated,
    group: &Group,
) -> Result<Option<bool>, Fault> {
    let number = group.id.number();
    let documents = request.extensions(Extended::Group, &[number]).await?;
    let default = documents
        .get(&number)
        .and_then(|document| document.get("default_otp_required_for_login"));
    Ok(default.and_then(serde_json::Value::as_bool))
}

/// `GET /users/{id}`
pub async fn show(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let user = request.user(UserId(path_id(&id)?)).await?;
    Ok(success(
        &specified::SHOW_USER,
        &detail(&request, &user).await?,
    ))
}

/// `PATCH /users/{id}`
pub async fn update(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    let operation = &specified::CHANGE_USER;
    let values = request::body(&request, Operation::UpdateUser, operation, raw).await?;
    let id = UserId(path_id(&id)?);
    let mut tries = 0;
    let (user, related) = loop {
        tries += 1;
        let present = request.user(id).await?;
        let change = user_change(&request, &values, &present).await?;
        match request.update_user_and_show(id, change, DETAIL).await {
            // What the change was made from is no longer so.
            Err(Fault::Stale) if tries < TRIES => {}
            done => break done?,
        }
    };
    Ok(success(operation, &detail_of(&request, &user, related)))
}

/// What a request changes. Writing back what is shown changes nothing.
async fn user_change(
    request: &Authenticated,
    values: &Values,
    present: &User,
) -> Result<UserChange, kit::RequestError> {
    let shown = detail(request, present).await?;
    let status = status_change(values, &shown)?;
    let mut members = profile::members_of_user(values);
    if values.text("name").is_some_and(|name| name == shown.name) && !values.has("initials") {
        members.shift_remove("initials");
    }
    if values
        .text("initials")
        .is_some_and(|text| text == shown.initials)
    {
        members.shift_remove("initials");
    }
    if values.flag("prefers_sms_otp") == Some(shown.prefers_sms_otp) {
        members.shift_remove("prefers_sms_otp");
    }
    match status {
        Some(Change::Lift) => {
            let (name, at) = profile::unsuspended(Some(request.now()));
            members.insert(name, at);
        }
        Some(Change::To(_)) => {
            let (name, at) = profile::unsuspended(None);
            members.insert(name, at);
        }
        None => {}
    }
    let primary_group = values.integer("primary_group_id").map(GroupId);
    let groups = group_ids(values).map(|mut groups| {
        // The primary group stays, whatever the list says.
        groups.extend(primary_group.or(present.primary_group));
        groups.sort_unstable();
        groups.dedup();
        groups
    });
    let email = values.text("email").filter(|email| !map::is_made_up(email));
    let mut profile = attributes(values);
    // A zone that is shown may be the primary group's.
    let zone = profile.time_zone.take();
    profile.time_zone = zone.filter(|zone| zone.as_deref() != Some(&shown.time_zone));
    Ok(UserChange {
        request_email: email.map(str::to_owned),
        display: values.text("name").map(|name| Some(name.to_owned())),
        names_shown: NamesShown::Whole,
        kind: values.flag("robot").map(kind),
        status: status.map(Change::status),
        primary_group: primary_group
            .filter(|group| group.number() != shown.primary_group_id)
            .map(Some),
        groups,
        password: values
            .text("password")
            .map(|password| NewPassword::Chosen(password.to_owned())),
        profile,
        second_factor_required: values.flag_change("otp_required_for_login"),
        extension_members: Some(members).filter(|members| !members.is_empty()),
        if_revision: Some(present.revision),
        ..UserChange::default()
    })
}

/// The plain attributes that this API knows, by its names.
const ATTRIBUTES: [(&str, ProfileAttribute); 3] = [
    ("department", ProfileAttribute::Department),
    ("title", ProfileAttribute::Title),
    ("time_zone", ProfileAttribute::TimeZone),
];

fn attributes(values: &Values) -> ProfileChange {
    let mut change = ProfileChange::default();
    for (name, attribute) in ATTRIBUTES {
        *change.value_mut(attribute) = values.text_change(name);
    }
    change
}

/// What becomes of the state of an account.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// Another state.
    To(Status),
    /// The end of a suspension.
    Lift,
}

impl Change {
    fn status(self) -> Status {
        match self {
            Change::To(status) => status,
            Change::Lift => Status::Active,
        }
    }
}

const STATUSES: [&str; 4] = ["Active", "Deactivated", "Suspended", "Unsuspended"];

fn status_change(values: &Values, shown: &wire::UserDetail) -> Result<Option<Change>, Failure> {
    let active = values.flag("active");
    let wanted =
        match values.text("account_status") {
            None => None,
            Some(status) => Some(STATUSES.into_iter().find(|one| *one == status).ok_or_else(
                || {
                    let words = STATUSES.join(", ");
                    Failure::validation(format_args!("account_status must be one of {words}"))
                },
            )?),
        };
    if let (Some(active), Some(wanted)) = (active, wanted)
        && active == (wanted == "Deactivated")
    {
        return Err(Failure::validation(
            "active and account_status contradict each other",
        ));
    }
    let wanted = match (wanted, active) {
        (Some(wanted), _) => wanted,
        (None, Some(active)) if active == shown.active => return Ok(None),
        (None, Some(true)) => "Active",
        (None, Some(false)) => "Deactivated",
        (None, None) => return Ok(None),
    };
    Ok(match (wanted, shown.account_status) {
        (wanted, present) if wanted == present => None,
        ("Unsuspended", "Suspended") => Some(Change::Lift),
        // There is no suspension to lift.
        ("Unsuspended", _) => None,
        ("Active", "Unsuspended") => None,
        ("Active", _) => Some(Change::To(Status::Active)),
        ("Suspended", _) => Some(Change::To(Status::Suspended)),
        _ => Some(Change::To(Status::Inactive)),
    })
}

/// `DELETE /users/{id}/sessions`
pub async fn end_sessions(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::END_SESSIONS;
    // Quirk: for administrators only, of their own sessions too (civis.md §8).
    request::body(&request, Operation::UpdateUser, operation, raw).await?;
    let id = UserId(path_id(&id)?);
    let (user, related) = request.revoke_sessions_and_show(id, DETAIL).await?;
    Ok(success(operation, &detail_of(&request, &user, related)))
}

/// `DELETE /users/{id}/2fa`
pub async fn forget_second_factor(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::FORGET_SECOND_FACTOR;
    // Quirk: for administrators only, of their own second factor too (civis.md §8).
    request::body(&request, Operation::UpdateUser, operation, raw).await?;
    let id = UserId(path_id(&id)?);
    let removed = request.remove_second_factor_and_show(id, None, DETAIL);
    let (user, related) = removed.await?;
    Ok(success(operation, &detail_of(&request, &user, related)))
}

/// `POST /users/{id}/unsuspend`
pub async fn unsuspend(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::UNSUSPEND;
    request::body(&request, Operation::UpdateUser, operation, raw).await?;
    let id = UserId(path_id(&id)?);
    let present = request.user(id).await?;
    let now = request.now();
    let mut change = UserChange::default();
    if map::is_suspended(present.standing(now)) {
        let (name, at) = profile::unsuspended(Some(now));
        change.status = Some(Status::Active);
        change.extension_members = Some([(name, at)].into_iter().collect());
    }
    // Without a change the directory still says whether the caller may.
    let wanted = people::People::wanted(false);
    let (user, related) = request.update_user_and_show(id, change, wanted).await?;
    let people = people::People::of(&request, related);
    let unlocked = people
        .profile(id)
        .unsuspended_at()
        .unwrap_or(user.updated_at);
    Ok(success(
        operation,
        &wire::UserSuspension {
            id: id.number(),
            user: user.login,
            unlocked_at: map::time(unlocked),
        },
    ))
}

/// `POST /users/{id}/access_email`
pub async fn send_access_mail(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::SEND_ACCESS_MAIL;
    request::body(&request, Operation::SendAccessMail, operation, raw).await?;
    request.send_access_mail(UserId(path_id(&id)?)).await?;
    Ok(done())
}
