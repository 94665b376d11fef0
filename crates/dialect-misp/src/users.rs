//! Users as their administrators see and change them (misp.md §4).

use std::collections::HashMap;

use directory::{
    Cursor, Fault, Handle, NewKey, NewPassword, NewUser, OrganisationField, OrganisationId,
    Permission, Position, Predicate, ProvisioningDefaults, Query, Ref, RoleId, Status, Test,
    UserChange, UserField, UserId, limits,
};
use serde_json::{Value, json};

use super::body::{Fields, Sent};
use super::catalogue::{self, SITE_ADMIN};
use super::filter::{Named, Pieces, Resolved, UserFilter};
use super::map::{self, change_pw, disabled, shown_email};
use super::own;
use super::people::{self, Person, Roles, user_number};
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult, Path, RequestError, retry_stale};

/// Users read at a time.
const CHUNK: u32 = 1_000;

/// `admin/users/index`: everybody the caller administers, all at once.
pub async fn list(request: Authenticated) -> HandlerResult {
    listed(request, &Fields::default()).await
}

/// The list by POST. The vendor reads no filter of its body; one that is there narrows the list here as it
/// would in the path, since a list wider than what was asked for misleads.
pub async fn search(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let fields = Fields::of(body, "User");
    listed(request, &fields).await
}

async fn listed(request: Authenticated, fields: &Fields) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let roles = Roles::read(&request).await?;
    let mut filter = UserFilter::read(address, fields)?;
    if !protocol::acts_with(&request, SITE_ADMIN) {
        // Quirk: only site administrators choose among organisations (misp.md §4.1).
        filter.organisation = Pieces::default();
    }
    let predicate = condition(&request, &filter, &roles).await?;
    let response = wire::streamed(&request, move |handle, cursor: Option<Cursor>| {
        let query = Query {
            predicate: predicate.clone(),
            from: cursor.map_or(Position::Start, Position::After),
            limit: CHUNK,
            seen_by: Some(Permission::EditUsers),
            ..Query::default()
        };
        let roles = std::sync::Arc::clone(&roles);
        async move { rows(&handle, &roles, &query).await }
    })
    .await?;
    Ok(response)
}

async fn rows(
    handle: &Handle,
    roles: &Roles,
    query: &Query<UserField>,
) -> Result<Chunk<Cursor>, Fault> {
    let page = handle.users(query).await?;
    let ids: Vec<UserId> = page.items.iter().map(|user| user.id).collect();
    let numbers = people::role_numbers(handle, &ids).await?;
    let notes = people::notes(handle, &ids).await?;
    let mut homes: Vec<OrganisationId> = page.items.iter().map(|user| user.home).collect();
    homes.sort_unstable();
    homes.dedup();
    let names: HashMap<OrganisationId, String> = handle
        .organisations_by_id(&homes)
        .await?
        .into_iter()
        .map(|organisation| (organisation.id, organisation.name))
        .collect();
    let now = handle.now();
    let plain = super::extension::UserExtension::default();
    let rows = page.items.iter().map(|user| {
        let role = roles.view(numbers.get(&user.id).copied().unwrap_or(0));
        let name = names.get(&user.home).cloned().unwrap_or_default();
        map::listed(user, notes.get(&user.id).unwrap_or(&plain), role, name, now)
    });
    Chunk::of(rows, page.next)
}

/// Looks up what a filter names.
async fn condition(
    handle: &Handle,
    filter: &UserFilter,
    roles: &Roles,
) -> Result<Predicate<UserField>, Fault> {
    let mut named = Vec::with_capacity(filter.anywhere.len());
    for text in &filter.anywhere {
        let folded = text.to_lowercase();
        named.push(shown_with(handle, roles, |_, name| {
            name.to_lowercase().contains(&folded)
        }));
    }
    let resolved = Resolved {
        any: resolve(handle, &filter.organisation.any).await?,
        none: resolve(handle, &filter.organisation.none).await?,
    };
    let wanted = shown_with(handle, roles, |number, _| {
        let number = number.to_string();
        filter.role.iter().any(|one| one.trim() == number)
    });
    Ok(filter.predicate(&named, &resolved, &wanted, handle.now()))
}

/// The people who are shown with one of the roles that a test of number and name picks.
fn shown_with(
    handle: &Handle,
    roles: &Roles,
    picks: impl Fn(i64, &str) -> bool,
) -> Predicate<UserField> {
    let picked: Vec<(RoleId, i64)> = roles
        .all()
        .filter(|role| picks(role.number, &role.name))
        .map(|role| (role.id, role.number))
        .collect();
    let none = roles.view(0);
    handle.shown_with_roles(&picked, picks(none.number, &none.name))
}

/// Numbers stay, known or not; UUIDs become numbers.
async fn resolve(handle: &Handle, pieces: &[String]) -> Result<Vec<OrganisationId>, Fault> {
    let (mut numbers, mut uuids) = (Vec::new(), Vec::new());
    for piece in pieces {
        match Named::read(piece) {
            Some(Named::Number(number)) => numbers.push(OrganisationId(number)),
            Some(Named::Uuid(uuid)) => uuids.push(uuid.to_string().into()),
            None => {}
        }
    }
    if !uuids.is_empty() {
        let query = Query {
            predicate: Predicate::Is(OrganisationField::Uuid, Test::OneOf(uuids)),
            limit: u32::try_from(limits::FILTER_VALUES).unwrap_or(u32::MAX),
            ..Query::default()
        };
        let page = handle.organisations(&query).await?;
        numbers.extend(page.items.iter().map(|one| one.id));
    }
    Ok(numbers)
}

/// `admin/users/view`.
pub async fn view(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let person = Person::read(&request, user_number(&id)?).await?;
    let home = request.organisation(person.user.home).await?;
    let mut body = own::viewed(&request, person, &home).await?;
    body.user.org_admins = Some(administrators(&request, home.id).await?);
    Ok(wire::shown(&request, &body))
}

/// The administrators of an organisation, by number. Quirk: an empty list, not an empty object, when
/// there are none (misp.md §4.2).
async fn administrators(handle: &Handle, home: OrganisationId) -> Result<Value, Fault> {
    let roles = Roles::read(handle).await?;
    let ruling: Vec<(RoleId, i64)> = roles
        .all()
        .filter(|role| catalogue::administers(&role.lines))
        .map(|role| (role.id, role.number))
        .collect();
    let query = Query {
        predicate: Predicate::all([
            Predicate::equals(UserField::Home, home.0),
            handle.shown_with_roles(&ruling, false),
        ]),
        limit: CHUNK,
        ..Query::default()
    };
    let found = handle.users(&query).await?.items;
    if found.is_empty() {
        return Ok(json!([]));
    }
    Ok(found
        .iter()
        .map(|user| (user.id.to_string(), json!(shown_email(user))))
        .collect::<serde_json::Map<_, _>>()
        .into())
}

/// `admin/users/add`.
pub async fn add(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let mut fields = Fields::of(body, "User");
    let place = protocol::place(&request.info);
    let Some(email) = fields.filled("email") else {
        // Quirk: a sentence here, where every other field has a list (misp.md §4.3).
        let errors = json!({ "email": "Mandatory field not set." });
        return Ok(protocol::said(&request.info, place.failure(errors)));
    };
    let roles = Roles::read(&request).await?;
    let role = role(&mut fields);
    let home = home(&request, &mut fields).await?;
    let change_pw = fields.flag("change_pw").unwrap_or(true);
    let password = own::password(&mut fields);
    let disabled = fields.flag("disabled").unwrap_or(false);
    let notify = fields.flag("notify").unwrap_or(false);
    let mut notes = super::extension::UserExtension::default();
    own::read_notes(&mut fields, &mut notes, own::Who::Administrator);
    notes.expiration = None;
    notes.change_pw = (password.is_none() && !change_pw).then_some(false);
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let new = NewUser {
        email: Some(email),
        home,
        roles: role
            .map(|number| roles.wanted(number))
            .transpose()?
            .into_iter()
            .collect(),
        status: disabled.then_some(Status::Inactive),
        door: ProvisioningDefaults {
            mail: notify.then(|| {
                if password.is_some() {
                    "welcome"
                } else {
                    "activation"
                }
                .to_owned()
            }),
            ..ProvisioningDefaults::default()
        },
        password: match password {
            None => NewPassword::None,
            Some(password) if change_pw => NewPassword::MustChange(password),
            Some(password) => NewPassword::Chosen(password),
        },
        extension: (notes != super::extension::UserExtension::default()).then(|| notes.stored()),
        ..NewUser::default()
    };
    // Quirk: an account is made with a key, which is shown this once (misp.md §4.3).
    let wanted = Person::WANTED;
    let made = request.create_user_with_key_and_show(new, NewKey::default(), wanted);
    let (user, key, related) = made.await?;
    let person = Person::of(&request, user, &related);
    let view = roles.view(person.role);
    let mut body = map::saved(&person.user, &person.notes, view, request.now());
    body.authkey = Some(key.secret);
    Ok(wire::shown(&request, &json!({ "User": body })))
}

/// A role's number; nothing when none was chosen.
fn role(fields: &mut Fields) -> Option<i64> {
    fields
        .filled_number("role_id", "numeric")
        .filter(|number| *number != 0)
}

/// The organisation that the request names. Only site administrators choose it; for others it is
/// silently their own (misp.md §6).
async fn home(
    request: &Authenticated,
    fields: &mut Fields,
) -> Result<Option<OrganisationId>, Fault> {
    if !protocol::acts_with(request, SITE_ADMIN) {
        return Ok(None);
    }
    let Some(text) = fields.text("org_id") else {
        return Ok(None);
    };
    if text.trim().is_empty() {
        fields.refuse("org_id", "Org_id cannot be empty.");
        return Ok(None);
    }
    match people::organisation_ref(text.trim()) {
        Ref::Id(id) => Ok(Some(id)),
        Ref::Uuid(uuid) => match request.organisation(Ref::Uuid(uuid)).await {
            Ok(organisation) => Ok(Some(organisation.id)),
            Err(Fault::NotFound(kind)) => Err(Fault::UnknownReference(kind)),
            Err(fault) => Err(fault),
        },
        Ref::Name(_) => {
            fields.refuse("org_id", "numeric");
            Ok(None)
        }
    }
}

/// `admin/users/edit`: what is not sent stays, and what is written back as it was shown too.
pub async fn edit(
    request: Authenticated,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let id = user_number(&id)?;
    let roles = Roles::read(&request).await?;
    let place = protocol::place(&request.info);
    let (user, related) = retry_stale(RequestError::is_stale, || async {
        let person = Person::read(&request, id).await?;
        // Quirk: administrators of an organisation change nothing of a site administrator (misp.md §6).
        let site = roles.view(person.role).has(SITE_ADMIN);
        if site && !protocol::acts_with(&request, SITE_ADMIN) {
            return Err(Fault::OutranksCaller.into());
        }
        let mut fields = Fields::of(body.clone(), "User");
        let change = change(&request, &mut fields, &person, &roles).await?;
        if let Some(errors) = fields.errors() {
            return Err(protocol::said(&request.info, place.failure(errors)).into());
        }
        let changed = request.update_user_and_show(id, change, Person::WANTED);
        Ok(changed.await?)
    })
    .await?;
    let person = Person::of(&request, user, &related);
    let view = roles.view(person.role);
    let body = map::saved(&person.user, &person.notes, view, request.now());
    Ok(wire::shown(&request, &json!({ "User": body })))
}

async fn change(
    request: &Authenticated,
    fields: &mut Fields,
    person: &Person,
    roles: &Roles,
) -> Result<UserChange, Fault> {
    let user = &person.user;
    let email = fields
        .filled("email")
        .filter(|email| *email != shown_email(user));
    let role = role(fields).filter(|number| *number != person.role);
    let home = home(request, fields)
        .await?
        .filter(|home| *home != user.home);
    let wanted = fields.flag("disabled");
    let wanted = wanted.filter(|off| *off != disabled(user, request.now()));
    let shown = change_pw(user, &person.notes);
    let due = fields.flag("change_pw").unwrap_or(shown);
    let password = own::password(fields);
    let mut notes = own::changed_notes(fields, person, own::Who::Administrator);
    if password.is_none() && !user.has_password && due != shown {
        notes.change_pw = Some(due);
    }
    Ok(UserChange {
        email: email.map(Some),
        role: role.map(|number| roles.wanted(number)).transpose()?,
        home,
        status: wanted.map(|off| {
            if off {
                Status::Inactive
            } else {
                Status::Active
            }
        }),
        must_change_password: (password.is_none() && user.has_password && due != shown)
            .then_some(due),
        // Quirk: a new password does not clear the flag (misp.md §4.3).
        password: password.map(|password| {
            if due {
                NewPassword::MustChange(password)
            } else {
                NewPassword::Chosen(password)
            }
        }),
        extension: (notes != person.notes).then(|| notes.stored()),
        // The document is written whole, so it must be the one that was read.
        if_revision: (notes != person.notes).then_some(user.revision),
        ..UserChange::default()
    })
}

/// `admin/users/delete`.
pub async fn delete(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let user = request.delete_user(user_number(&id)?).await?;
    let body = wire::success(
        "User deleted.",
        &request.info.path,
        Some(json!(user.id.to_string())),
    );
    Ok(wire::shown(&request, &body))
}
