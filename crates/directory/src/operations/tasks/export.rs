//! Exports: rows of a list, a chunk at a time, with the rights of the time.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::filter::{
    BY_NUMBER, BY_USER, EVENT_FIELDS, EVENT_SORTS, FilterField, GRANT_FIELDS, GROUP_FIELDS,
    GROUP_SORTS, KEY_FIELDS, KEY_SORTS, ORGANISATION_FIELDS, ORGANISATION_SORTS, read_sort,
};
use crate::handle::Handle;
use crate::model::{
    Cursor, Fault, FileFormat, GroupId, Job, OrganisationId, Path, Position as From, Predicate,
    Query, Selection, Task, TaskWhat, Test, User, UserField, UserId, Value as Wanted,
};
use crate::pending::Pending;

use super::act;
use super::export_columns::export_columns;
use super::progress::{Chunk, Claimed, Position, note};
use super::step::Stepped;
use super::tables::{Row, written};

/// Rows of one chunk.
const ROWS: usize = 500;

impl Handle {
    /// Begins an export. People are those named, exactly these; of the other kinds what the caller sees
    /// and the selection finds.
    pub fn begin_export(
        &self,
        what: TaskWhat,
        format: FileFormat,
        columns: Vec<String>,
        people: Option<Vec<UserId>>,
        selection: Selection,
    ) -> Pending<'_, Job> {
        Box::pin(async move {
            let known = export_columns(what);
            for (place, column) in columns.iter().enumerate() {
                if !known.contains(&column.as_str()) || columns[..place].contains(column) {
                    let shown: String = column.chars().take(60).collect();
                    let why = format!("holds `{shown}`; known are {}", known.join(", "));
                    return Err(Fault::invalid("columns", why));
                }
            }
            let by_person = matches!(what, TaskWhat::Users | TaskWhat::Memberships);
            let people = people.filter(|_| by_person).unwrap_or_default();
            let total = by_person.then(|| i64::try_from(people.len()).unwrap_or(0));
            let task = Task::Export {
                what,
                format,
                columns,
                selection,
            };
            self.begin_with_numbers(task, total, people.iter().map(|user| user.0))
                .await
        })
    }
}

/// One chunk of an export.
pub(super) async fn step(handle: &Handle, claimed: &Claimed) -> Stepped {
    let Task::Export {
        what,
        format,
        columns,
        selection,
    } = &claimed.task
    else {
        return Err(Fault::Internal("not an export".to_owned()));
    };
    let columns: Vec<&str> = if columns.is_empty() {
        export_columns(*what)
    } else {
        columns.iter().map(String::as_str).collect()
    };
    let mut next = claimed.position.clone();
    let (rows, last) = match what {
        TaskWhat::Users | TaskWhat::Memberships => {
            let (numbers, last) = act::numbers(handle, claimed, ROWS).await?;
            next.offset += i64::try_from(numbers.len() * 8).unwrap_or(0);
            let ids: Vec<UserId> = numbers.into_iter().map(UserId).collect();
            let rows = if *what == TaskWhat::Users {
                people(handle, &ids).await?
            } else {
                memberships(handle, &ids).await?
            };
            (rows, last)
        }
        _ => {
            let from = match &claimed.position.cursor {
                None => From::Start,
                Some(text) => {
                    let lost = || Fault::Internal("stored job: a place in a list".to_owned());
                    From::After(Cursor::decode(text).ok_or_else(lost)?)
                }
            };
            let (rows, cursor) = listed(handle, *what, selection, from).await?;
            let last = cursor.is_none();
            next.cursor = cursor.map(|cursor| cursor.encode());
            (rows, last)
        }
    };
    let first = claimed.position == Position::default();
    let result = written(&rows, &columns, *format, first)?;
    let chunk = Chunk {
        result,
        next,
        last,
        done: i64::try_from(rows.len()).unwrap_or(0),
        ..Chunk::default()
    };
    let claimed = claimed.clone();
    let position = handle
        .write(Operation::RunTask, async move |work: &mut Work<'_>| {
            note(work, &claimed, &chunk).await
        })
        .await?;
    Ok((position, last))
}

/// A name as others can refer to it: where it would be read as something else, the number instead.
fn name_or_number(name: &str, number: i64) -> String {
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let odd = digits
        || name.trim() != name
        || name.contains([';', '@'])
        || uuid::Uuid::parse_str(name).is_ok();
    if odd {
        number.to_string()
    } else {
        name.to_owned()
    }
}

/// The people of those numbers whom the caller sees, with the names of what they belong to.
async fn people(handle: &Handle, ids: &[UserId]) -> Result<Vec<Row>, Fault> {
    let users = users_of(handle, ids).await?;
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let memberships = handle.memberships(&ids).await?;
    let joined = handle.groups_of(&ids).await?;
    let held = handle.grants_of(&ids).await?;
    let mut group_ids: Vec<GroupId> = joined.iter().map(|(_, group)| *group).collect();
    group_ids.sort_unstable();
    group_ids.dedup();
    let groups = handle.groups_by_id(&group_ids).await?;
    let mut places: Vec<OrganisationId> = users.iter().map(|user| user.home).collect();
    places.extend(memberships.iter().map(|one| one.organisation));
    places.extend(groups.iter().map(|group| group.organisation));
    places.extend(held.iter().map(|one| one.organisation));
    let places = names_of(handle, places).await?;
    let place = |id: OrganisationId| places.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let group_names: HashMap<GroupId, String> = groups
        .iter()
        .map(|group| {
            let number = group.id.to_string();
            let bare = name_or_number(&group.name, group.id.0);
            let name = if bare == number {
                bare
            } else {
                format!("{bare}@{}", place(group.organisation))
            };
            (group.id, name)
        })
        .collect();
    let now = handle.now();
    let rows = users.iter().map(|user| {
        let organisations: Vec<String> = memberships
            .iter()
            .filter(|one| one.user == user.id && !one.home)
            .map(|one| place(one.organisation))
            .collect();
        let groups: Vec<&String> = joined
            .iter()
            .filter(|(who, _)| *who == user.id)
            .filter_map(|(_, group)| group_names.get(group))
            .collect();
        let roles: Vec<String> = held
            .iter()
            .filter(|one| one.user == user.id && matches!(one.path, Path::Direct(_)))
            // What ends is no part of what a file can say.
            .filter(|one| one.expires_at.is_none())
            .map(|one| {
                let role = format!("{}:{}", one.platform.word(), one.word);
                if one.organisation == user.home {
                    role
                } else {
                    format!("{role}@{}", place(one.organisation))
                }
            })
            .collect();
        let mut shown = row(json!({
            "number": user.id, "id": user.uuid, "login": user.login, "email": user.email,
            "display_name": user.names.display, "given_name": user.names.given,
            "family_name": user.names.family, "kind": user.kind, "status": user.status,
            "home": place(user.home), "organisations": organisations, "groups": groups,
            "roles": roles,
        }));
        shown.extend(row(json!(user.profile)));
        shown.extend(row(json!({
            "lock_after": user.lock_after.map(|at| at.rfc3339()),
            "second_factor_required": user.second_factor_required,
            "standing": user.standing(now),
            "locked": user.locked_until.is_some_and(|until| until > now),
            "second_factor": user.second_factor, "created_at": user.created_at.rfc3339(),
            "updated_at": user.updated_at.rfc3339(),
            "last_seen_at": user.last_seen_at.map(|at| at.rfc3339()),
            "signed_in_at": user.signed_in_at.map(|at| at.rfc3339()),
        })));
        shown
    });
    Ok(rows.collect())
}

fn row(shown: Value) -> Row {
    match shown {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

async fn users_of(handle: &Handle, ids: &[UserId]) -> Result<Vec<User>, Fault> {
    let mut found: HashMap<UserId, User> = HashMap::new();
    if !ids.is_empty() {
        let query = Query {
            predicate: Predicate::Is(
                UserField::Id,
                Test::OneOf(ids.iter().map(|id| Wanted::Int(id.0)).collect()),
            ),
            limit: u32::try_from(ids.len()).unwrap_or(u32::MAX),
            ..Query::default()
        };
        let page = handle.users(&query).await?;
        found.extend(page.items.into_iter().map(|user| (user.id, user)));
    }
    // In the order in which they were asked for.
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

async fn names_of(
    handle: &Handle,
    mut ids: Vec<OrganisationId>,
) -> Result<HashMap<OrganisationId, String>, Fault> {
    ids.sort_unstable();
    ids.dedup();
    let found = handle.organisations_by_id(&ids).await?;
    Ok(found
        .into_iter()
        .map(|one| (one.id, name_or_number(&one.name, one.id.0)))
        .collect())
}

async fn memberships(handle: &Handle, ids: &[UserId]) -> Result<Vec<Row>, Fault> {
    let users = users_of(handle, ids).await?;
    let logins: HashMap<UserId, &str> = users
        .iter()
        .map(|user| (user.id, user.login.as_str()))
        .collect();
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let found = handle.memberships(&ids).await?;
    let places = found.iter().map(|one| one.organisation).collect();
    let places = names_of(handle, places).await?;
    let rows = found.iter().map(|one| {
        let place = places.get(&one.organisation).cloned();
        row(json!({
            "user": logins.get(&one.user), "home": one.home, "administrator": one.administrator,
            "organisation": place.unwrap_or_else(|| one.organisation.to_string()),
        }))
    });
    Ok(rows.collect())
}

/// The query of a selection, from where the last chunk ended. What the filter names is looked up anew for
/// every chunk, with the rights of the time.
async fn query<F>(
    handle: &Handle,
    fields: &[FilterField<F>],
    (usual, sorts): (&str, &[(&str, F)]),
    selection: &Selection,
    from: From,
) -> Result<Query<F>, Fault>
where
    F: Clone + Send + Sync + 'static,
{
    let mut query = Query {
        from,
        limit: u32::try_from(ROWS).unwrap_or(u32::MAX),
        ..Query::default()
    };
    if let Some(filter) = &selection.filter {
        query.predicate = handle.compile_filter(fields, filter).await?;
    }
    if let Some(sort) = &selection.sort {
        (query.sort, query.direction) = read_sort(sort, usual, sorts)?;
    }
    Ok(query)
}

/// One page of another kind's list, and where the next begins.
async fn listed(
    handle: &Handle,
    what: TaskWhat,
    selection: &Selection,
    from: From,
) -> Result<(Vec<Row>, Option<Cursor>), Fault> {
    match what {
        TaskWhat::Users | TaskWhat::Memberships => {
            Err(Fault::Internal("people are exported by number".to_owned()))
        }
        TaskWhat::Organisations => {
            let (fields, sorts) = (ORGANISATION_FIELDS, (BY_NUMBER, ORGANISATION_SORTS));
            let query = query(handle, fields, sorts, selection, from).await?;
            let page = handle.organisations(&query).await?;
            let parents = page.items.iter().filter_map(|one| one.parent).collect();
            let parents = names_of(handle, parents).await?;
            let rows = page.items.iter().map(|one| {
                row(json!({
                    "number": one.id, "id": one.uuid, "name": one.name, "slug": one.slug,
                    "parent": one.parent.map(|id| parents.get(&id).cloned().unwrap_or_else(|| id.to_string())),
                    "description": one.description, "kind": one.kind,
                    "sector": one.sector, "nationality": one.nationality,
                    "contacts": one.contacts, "local": one.local, "domains": one.domains,
                    "second_factor_required": one.second_factor_required,
                    "created_at": one.created_at.rfc3339(),
                    "updated_at": one.updated_at.rfc3339(),
                }))
            });
            Ok((rows.collect(), page.next))
        }
        TaskWhat::Groups => {
            let query = query(
                handle,
                GROUP_FIELDS,
                (BY_NUMBER, GROUP_SORTS),
                selection,
                from,
            )
            .await?;
            let page = handle.groups(&query).await?;
            let platform = handle.caller().platform();
            let places = page.items.iter().map(|one| one.organisation).collect();
            let places = names_of(handle, places).await?;
            let rows = page.items.iter().map(|one| {
                row(json!({
                    "number": one.id, "id": one.uuid, "name": one.name, "slug": one.slug,
                    "organisation": places.get(&one.organisation), "platform": one.platform,
                    "description": one.description,
                    "newcomers": one.newcomers_of.as_deref() == Some(platform.word()),
                    "created_at": one.created_at.rfc3339(),
                    "updated_at": one.updated_at.rfc3339(),
                }))
            });
            Ok((rows.collect(), page.next))
        }
        TaskWhat::Grants => grants(handle, selection, from).await,
        TaskWhat::Keys => {
            let query = query(handle, KEY_FIELDS, (BY_NUMBER, KEY_SORTS), selection, from).await?;
            let page = handle.keys(&query).await?;
            let rows = page.items.iter().map(|one| {
                row(json!({
                    "number": one.id, "id": one.uuid, "user": one.user, "name": one.name,
                    "read_only": one.read_only, "organisation": one.organisation,
                    "expires_at": one.expires_at.map(|at| at.rfc3339()),
                    "revoked_at": one.revoked_at.map(|at| at.rfc3339()),
                    "created_at": one.created_at.rfc3339(),
                    "last_used_at": one.last_used_at.map(|at| at.rfc3339()),
                }))
            });
            Ok((rows.collect(), page.next))
        }
        TaskWhat::Events => {
            let query = query(
                handle,
                EVENT_FIELDS,
                (BY_NUMBER, EVENT_SORTS),
                selection,
                from,
            )
            .await?;
            let page = handle.events(&query).await?;
            let rows = page.items.iter().map(|one| {
                row(json!({
                    "number": one.id, "at": one.at.rfc3339(), "verb": one.verb,
                    "actor": one.actor, "actor_name": one.actor_name, "platform": one.platform,
                    "entity": one.entity, "entity_number": one.entity_id,
                    "entity_name": one.entity_name, "organisation": one.organisation,
                    "address": one.address, "request_id": one.request_id, "detail": one.detail,
                }))
            });
            Ok((rows.collect(), page.next))
        }
    }
}

async fn grants(
    handle: &Handle,
    selection: &Selection,
    from: From,
) -> Result<(Vec<Row>, Option<Cursor>), Fault> {
    let query = query(handle, GRANT_FIELDS, (BY_USER, &[]), selection, from).await?;
    let page = handle.all_grants(&query).await?;
    let people: Vec<UserId> = page.items.iter().map(|one| one.user).collect();
    let users = users_of(handle, &distinct(people)).await?;
    let places = page.items.iter().map(|one| one.organisation).collect();
    let places = names_of(handle, places).await?;
    let rows = page.items.iter().map(|one| {
        let (number, path, group) = match &one.path {
            Path::Direct(grant) => (Some(grant.0), "direct", None),
            Path::Group { group, .. } => (None, "group", Some(group.0)),
        };
        let user = users.iter().find(|user| user.id == one.user);
        let place = places.get(&one.organisation).cloned();
        row(json!({
            "number": number, "user": user.map(|user| user.login.as_str()),
            "role": format!("{}:{}", one.platform.word(), one.word),
            "organisation": place.unwrap_or_else(|| one.organisation.to_string()),
            "expires_at": one.expires_at.map(|at| at.rfc3339()), "path": path, "group": group,
        }))
    });
    Ok((rows.collect(), page.next))
}

fn distinct(mut ids: Vec<UserId>) -> Vec<UserId> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
