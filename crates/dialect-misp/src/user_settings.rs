//! Settings of users (misp.md §8). They are kept in the user's document, so a setting's number follows from
//! its owner's and from its name, and nothing has to count them.

use directory::{
    Cursor, Fault, Kind, Permission, Position, Predicate, Query, User, UserChange, UserField,
    UserId,
};
use serde_json::{Value, json};

use super::body::{Fields, Sent};
use super::catalogue::{ADMIN, PLATFORM, SITE_ADMIN};
use super::extension::{KeptSetting, UserExtension};
use super::filter::SETTING;
use super::index_filter::IndexFilter;
use super::people::{self, Person, user_number};
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult, RequestError, parse_json, retry_stale};

/// The settings that there are; their places make their numbers, so new ones go to the end.
const NAMES: [&str; 8] = [
    "publish_alert_filter",
    "dashboard_access",
    "dashboard",
    "homepage",
    "default_restsearch_parameters",
    "tag_numerical_value_override",
    "event_index_hide_columns",
    "periodic_notification_filters",
];

/// Those that only site administrators set.
const RESTRICTED: &[&str] = &["dashboard_access"];

/// Numbers of settings that each user has room for.
const ROOM: i64 = 16;

/// What the list is filtered by.
const FILTERS: &[&str] = &["id", "setting", "user_id"];

/// Users read at a time.
const CHUNK: u32 = 1_000;

fn number(user: UserId, name: &str) -> i64 {
    let place = NAMES.iter().position(|one| *one == name).unwrap_or(0);
    let place = i64::try_from(place).unwrap_or(0);
    user.0
        .saturating_sub(1)
        .saturating_mul(ROOM)
        .saturating_add(place)
        .saturating_add(1)
}

/// The owner and the name that a number stands for.
fn numbered(number: i64) -> Option<(UserId, &'static str)> {
    let from_zero = number.checked_sub(1).filter(|number| *number >= 0)?;
    let place = usize::try_from(from_zero % ROOM).ok()?;
    let name = NAMES.get(place)?;
    Some((UserId(from_zero / ROOM + 1), *name))
}

fn row(user: UserId, name: &str, setting: &KeptSetting) -> Value {
    json!({
        "id": number(user, name).to_string(),
        "setting": name,
        "value": setting.value,
        "user_id": user.to_string(),
        "timestamp": setting.timestamp.to_string(),
    })
}

/// What viewing a user shows of their settings: a list when there are none, else an object.
pub fn shown(notes: &UserExtension) -> Value {
    if notes.settings.is_empty() {
        return json!([]);
    }
    let settings = notes.settings.iter();
    let settings = settings.map(|(name, setting)| (name.clone(), setting.value.clone()));
    Value::Object(settings.collect())
}

/// Whose setting, and which, a request means: by the path, else by the body; the caller's own when it
/// names no user.
struct Meant {
    user: UserId,
    name: Option<String>,
}

fn meant(request: &Authenticated, fields: &mut Fields) -> Result<Meant, Fault> {
    let mut segments = request.segments.iter();
    let user = match segments.next() {
        Some(text) => Some(text.clone()),
        None => fields.filled("user_id"),
    };
    let user = match user.as_deref() {
        None | Some("me") => request.caller.user(),
        Some(text) => user_number(text)?,
    };
    let name = segments.next().cloned();
    Ok(Meant {
        user,
        name: name.or_else(|| fields.filled("setting")),
    })
}

/// The person whose settings the caller may read and write. The vendor writes the caller's own setting in
/// the place of a foreign one; here it is refused (misp.md §10).
async fn owner(request: &Authenticated, user: UserId) -> Result<Person, Fault> {
    let own = user == request.caller.user();
    if !own && !protocol::acts_with(request, ADMIN) {
        return Err(Fault::NotFound(Kind::Setting));
    }
    let person = match Person::read(request, user).await {
        Err(Fault::NotFound(_)) => return Err(Fault::NotFound(Kind::Setting)),
        person => person?,
    };
    let reached =
        protocol::acts_with(request, SITE_ADMIN) || person.user.home == request.caller.home();
    if own || reached {
        Ok(person)
    } else {
        Err(Fault::NotFound(Kind::Setting))
    }
}

fn known(name: Option<String>) -> Option<&'static str> {
    NAMES
        .iter()
        .copied()
        .find(|one| Some(*one) == name.as_deref())
}

/// The value of a setting that the path names, where it is the whole body.
// Quirk: the vendor's published description sends it so, and clients made of it do (misp-client-rs, mispfleet); its
// server and its own client say `value` (misp.md §8).
fn bare_value(request: &Authenticated, body: &Value) -> Option<Value> {
    const WRAPPED: [&str; 5] = ["UserSetting", "request", "value", "setting", "user_id"];
    let wrapped = |name: &String| WRAPPED.contains(&name.as_str());
    let bare = match body {
        Value::Object(members) => !members.is_empty() && !members.keys().any(wrapped),
        Value::Array(values) => !values.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    (bare && request.segments.len() == 2).then(|| body.clone())
}

/// `userSettings/setSetting`.
pub async fn set(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    let bare = bare_value(&request, &body);
    let mut fields = Fields::of(body, "UserSetting");
    let Meant { user, name } = meant(&request, &mut fields)?;
    let value = fields.value("value").cloned().or(bare);
    let (Some(name), Some(value)) = (known(name), value) else {
        let refusal = place.exception(405, "Invalid setting.");
        return Ok(protocol::said(&request.info, refusal));
    };
    if RESTRICTED.contains(&name) && !protocol::acts_with(&request, SITE_ADMIN) {
        let why = "This setting is restricted and requires the following permission(s): site_admin";
        return Ok(protocol::said(&request.info, place.exception(405, why)));
    }
    // Quirk: structured values arrive as a text of JSON (misp.md §8).
    let value = match &value {
        Value::String(text) => parse_json(text.as_bytes()).unwrap_or(value),
        _ => value,
    };
    let setting = KeptSetting {
        value,
        timestamp: request.now().seconds(),
    };
    change(&request, user, |notes| {
        notes.settings.insert(name.to_owned(), setting.clone());
        true
    })
    .await?;
    let body = json!({ "UserSetting": row(user, name, &setting) });
    Ok(wire::shown(&request, &body))
}

/// Changes a user's settings; tries again while other requests change the document.
async fn change(
    request: &Authenticated,
    user: UserId,
    edit: impl Fn(&mut UserExtension) -> bool,
) -> Result<bool, RequestError> {
    retry_stale(RequestError::is_stale, || async {
        let person = owner(request, user).await?;
        let mut notes = person.notes.clone();
        if !edit(&mut notes) {
            return Ok(false);
        }
        write(request, &person.user, &notes).await?;
        Ok(true)
    })
    .await
}

/// Writes a person's document.
pub async fn write(
    request: &Authenticated,
    user: &User,
    notes: &UserExtension,
) -> Result<User, Fault> {
    let change = UserChange {
        extension: Some(notes.stored()),
        // The document is written whole, so it must be the one that was read.
        if_revision: Some(user.revision),
        ..UserChange::default()
    };
    if user.id == request.caller.user() {
        request.update_own_profile(change).await
    } else {
        request.update_user(user.id, change).await
    }
}

/// `userSettings/getSetting`. Quirk: the answer is the bare row (misp.md §8).
pub async fn get(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let mut fields = Fields::of(body, "UserSetting");
    let Meant { user, name } = meant(&request, &mut fields)?;
    let person = owner(&request, user).await?;
    let name = known(name).ok_or(Fault::NotFound(Kind::Setting))?;
    let setting = person.notes.settings.get(name);
    let setting = setting.ok_or(Fault::NotFound(Kind::Setting))?;
    Ok(wire::shown(&request, &row(user, name, setting)))
}

/// `userSettings/view`, by number.
pub async fn view(request: Authenticated) -> HandlerResult {
    let missing = || Fault::NotFound(Kind::Setting);
    let id = request.segments.first().and_then(|text| text.parse().ok());
    let (user, name) = id.and_then(numbered).ok_or_else(missing)?;
    let person = owner(&request, user).await?;
    let setting = person.notes.settings.get(name).ok_or_else(missing)?;
    let body = json!({ "UserSetting": row(user, name, setting) });
    Ok(wire::shown(&request, &body))
}

/// `userSettings/delete`, by number, or by name and user.
pub async fn delete(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let missing = || Fault::NotFound(Kind::Setting);
    let mut fields = Fields::of(body, "UserSetting");
    let by_number = match request.segments.as_slice() {
        [number] => Some(number.clone()),
        _ => fields.filled("id"),
    };
    let (user, name) = match by_number {
        Some(text) => text.parse().ok().and_then(numbered).ok_or_else(missing)?,
        None => {
            let Meant { user, name } = meant(&request, &mut fields)?;
            (user, known(name).ok_or_else(missing)?)
        }
    };
    let edit = |notes: &mut UserExtension| notes.settings.remove(name).is_some();
    if !change(&request, user, edit).await? {
        return Err(missing().into());
    }
    let id = number(user, name).to_string();
    let url = format!("/user_settings/delete/{id}");
    let body = wire::success("Setting deleted.", &url, Some(json!(id)));
    Ok(wire::shown(&request, &body))
}

/// `userSettings/index`: one's own, and those of the people one administers.
pub async fn list(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let fields = Fields::of(body, "UserSetting");
    let filter = IndexFilter::read(address, &fields, FILTERS)?;
    let names: Vec<&'static str> = NAMES
        .into_iter()
        .filter(|name| filter.matches("setting", name))
        .collect();
    let mut predicate = Predicate::one_of(
        UserField::Term(PLATFORM, SETTING.to_owned()),
        names.iter().copied(),
    )
    // The shown value of a row decides; a filter by a plain number saves reading the other users.
    .and(
        filter.condition("user_id", |text| match text.parse::<i64>() {
            Ok(number) => Predicate::equals(UserField::Id, number),
            Err(_) if text.contains('%') => Predicate::All,
            Err(_) => Predicate::Nothing,
        }),
    );
    if !protocol::acts_with(&request, ADMIN) {
        let person = owner(&request, request.caller.user()).await?;
        let rows: Vec<Value> = rows(&person.user, &person.notes, &names, &filter).collect();
        return Ok(wire::shown(&request, &rows));
    }
    if filter.matches_nothing() {
        predicate = Predicate::Nothing;
    }
    let response = wire::streamed(&request, move |handle, cursor: Option<Cursor>| {
        let query = Query {
            predicate: predicate.clone(),
            from: cursor.map_or(Position::Start, Position::After),
            limit: CHUNK,
            seen_by: Some(Permission::EditUsers),
            ..Query::default()
        };
        let (names, filter) = (names.clone(), filter.clone());
        async move {
            let page = handle.users(&query).await?;
            let ids: Vec<UserId> = page.items.iter().map(|user| user.id).collect();
            let notes = people::notes(&handle, &ids).await?;
            let all = page
                .items
                .iter()
                .filter_map(|user| Some((user, notes.get(&user.id)?)));
            let found: Vec<Value> = all
                .flat_map(|(user, notes)| rows(user, notes, &names, &filter).collect::<Vec<_>>())
                .collect();
            Chunk::of(found, page.next)
        }
    })
    .await?;
    Ok(response)
}

fn rows<'a>(
    user: &'a User,
    notes: &'a UserExtension,
    names: &'a [&'static str],
    filter: &'a IndexFilter,
) -> impl Iterator<Item = Value> + 'a {
    NAMES.iter().filter_map(move |name| {
        let setting = notes.settings.get(*name)?;
        let asked = names.contains(name)
            && filter.matches("user_id", &user.id.to_string())
            && filter.matches("id", &number(user.id, name).to_string());
        asked.then(|| json!({ "UserSetting": row(user.id, name, setting) }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_settings() {
        for user in [1, 2, 99_999] {
            for name in NAMES {
                assert_eq!(
                    numbered(number(UserId(user), name)),
                    Some((UserId(user), name))
                );
            }
        }
        for number in [0, -1, i64::MIN, 16] {
            assert_eq!(numbered(number), None, "{number}");
        }
        assert_eq!(number(UserId(i64::MAX), "homepage"), i64::MAX);
    }
}
