//! The vendor's log (misp.md §8): the directory's audit trail in the vendor's words.

use std::collections::{BTreeSet, HashMap};

use directory::{
    Cursor, Event, EventField, Fault, Handle, OrganisationField, OrganisationId, Position,
    Predicate, Query, Test, Time,
};
use serde_json::{Value, json};

use super::body::{Fields, Sent};
use super::catalogue::ADMIN;
use super::dates;
use super::index_filter::{IndexFilter, pattern};
use super::people::user_number;
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult};

/// Events read at a time.
const CHUNK: u32 = 500;

/// Events of the trail that are shown: the directory's verb, the vendor's model and the vendor's action. Filters and
/// rows both go by this table, so a filter finds what is shown.
const WORDS: &[(&str, &str, &str)] = &[
    ("user.created", "User", "add"),
    ("user.changed", "User", "edit"),
    ("user.deleted", "User", "delete"),
    ("user.locked_out", "User", "blocklisted"),
    ("user.unlocked", "User", "edit"),
    ("owner.completed", "User", "edit"),
    ("role.granted", "User", "edit"),
    ("role.revoked", "User", "edit"),
    ("sign_in.succeeded", "User", "login"),
    ("sign_in.refused", "User", "login_fail"),
    ("access.refused", "User", "auth_fail"),
    ("proof.refused", "User", "auth_fail"),
    ("sign_out", "User", "logout"),
    ("session.revoked", "User", "logout"),
    ("sessions.revoked", "User", "logout"),
    ("password.changed", "User", "change_pw"),
    ("password.reset_requested", "User", "forgot"),
    ("password.reset_sent", "User", "password_reset"),
    ("token.redeemed", "User", "password_reset"),
    ("access_mail.sent", "User", "email"),
    ("message.sent", "User", "email"),
    ("second_factor.enrolled", "User", "change_otp"),
    ("second_factor.removed", "User", "change_otp"),
    ("second_factor.codes_renewed", "User", "change_otp"),
    ("key.created", "AuthKey", "add"),
    ("key.changed", "AuthKey", "edit"),
    ("key.text_renewed", "AuthKey", "edit"),
    ("key.revoked", "AuthKey", "delete"),
    ("organisation.created", "Organisation", "add"),
    ("organisation.changed", "Organisation", "edit"),
    ("organisation.deleted", "Organisation", "delete"),
    ("membership.set", "Organisation", "edit"),
    ("membership.ended", "Organisation", "edit"),
    ("role.created", "Role", "add"),
    ("role.changed", "Role", "edit"),
    ("role.deleted", "Role", "delete"),
    ("record.created", "Inbox", "add"),
    ("record.changed", "Inbox", "edit"),
    ("record.deleted", "Inbox", "delete"),
    ("setting.changed", "Server", "serverSettingsEdit"),
];

/// What the list is filtered by.
const FILTERS: &[&str] = &[
    "id", "model", "model_id", "action", "user_id", "email", "org", "ip", "created", "from", "to",
];

/// Verbs of sign-ins and refusals.
const LOGINS: &[(&str, &str)] = &[
    ("sign_in.succeeded", "web:login"),
    ("sign_in.refused", "web:failed"),
    ("access.refused", "API:failed"),
    ("proof.refused", "web:failed"),
];

fn words(event: &Event) -> (&'static str, &'static str) {
    let found = WORDS.iter().find(|(verb, ..)| *verb == event.verb);
    found.map_or(("User", "edit"), |(_, model, action)| (model, action))
}

/// `admin/logs/index`: what happened within the caller's reach, oldest first; `limit` and `page` count.
pub async fn list(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let mut fields = Fields::of(body, "Log");
    let filter = IndexFilter::read(address, &fields, FILTERS)?;
    let mut figure = |name: &str| match address.named(name) {
        Some(text) => text.trim().parse().ok(),
        None => fields.filled_number(name, "numeric"),
    };
    let limit = figure("limit").filter(|limit: &i64| *limit > 0);
    let page = figure("page").unwrap_or(1).max(1);
    if let Some(errors) = fields.errors() {
        let place = protocol::place(&request.info);
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let predicate = condition(&request, &filter).await?;
    let skip = limit.map_or(0, |limit| limit.saturating_mul(page - 1));
    let skip = u64::try_from(skip).unwrap_or(0);
    let most = limit.and_then(|limit| u64::try_from(limit).ok());
    let start = ErrorContext {
        cursor: None,
        told: 0,
    };
    let response = wire::streamed(&request, move |handle, place: Option<ErrorContext>| {
        let predicate = predicate.clone();
        let place = place.unwrap_or_else(|| start.clone());
        async move {
            let left = most.map_or(u64::MAX, |most| most.saturating_sub(place.told));
            let query = Query {
                predicate,
                sort: Some(EventField::Id),
                from: match place.cursor {
                    Some(cursor) => Position::After(cursor),
                    None if skip > 0 => Position::Offset(skip),
                    None => Position::Start,
                },
                limit: u32::try_from(left).unwrap_or(u32::MAX).min(CHUNK),
                ..Query::default()
            };
            let page = handle.events(&query).await?;
            let told = place
                .told
                .saturating_add(page.items.len().try_into().unwrap_or(u64::MAX));
            let names = organisation_names(&handle, &page.items).await?;
            let rows = page
                .items
                .iter()
                .map(|event| json!({ "Log": row(event, &names) }));
            let more = most.is_none_or(|most| told < most);
            let next = page.next.filter(|_| more).map(|cursor| ErrorContext {
                cursor: Some(cursor),
                told,
            });
            Chunk::of(rows, next)
        }
    })
    .await?;
    Ok(response)
}

/// How far a list has come.
#[derive(Clone, Debug)]
struct ErrorContext {
    cursor: Option<Cursor>,
    told: u64,
}

async fn condition(handle: &Handle, filter: &IndexFilter) -> Result<Predicate<EventField>, Fault> {
    let verbs: Vec<&str> = WORDS
        .iter()
        .filter(|(_, model, action)| {
            filter.matches("model", model) && filter.matches("action", action)
        })
        .map(|(verb, ..)| *verb)
        .collect();
    let mut all = vec![
        Predicate::one_of(EventField::Verb, verbs),
        filter.number("id", &EventField::Id),
        filter.condition("model_id", |text| match text.trim().parse::<i64>() {
            Ok(0) => Predicate::is(EventField::EntityId, Test::Absent),
            Ok(number) => Predicate::equals(EventField::EntityId, number),
            Err(_) => Predicate::Nothing,
        }),
        filter.condition("user_id", |text| match text.trim().parse::<i64>() {
            Ok(0) => Predicate::is(EventField::Actor, Test::Absent),
            Ok(number) => Predicate::equals(EventField::Actor, number),
            Err(_) => Predicate::Nothing,
        }),
        Predicate::any([
            match filter.matches("email", SYSTEM) {
                true => Predicate::is(EventField::ActorName, Test::Absent),
                false => Predicate::Nothing,
            },
            filter.condition("email", |text| match text {
                // Rows without a name show one.
                "" => Predicate::Nothing,
                text => pattern(text, &EventField::ActorName),
            }),
        ]),
        // Addresses are kept in small letters.
        filter.condition("ip", |text| {
            pattern(&text.to_lowercase(), &EventField::Address)
        }),
    ];
    let now = handle.now();
    // Rows show whole seconds.
    for (name, test, rest) in [
        ("created", Test::AtLeast as fn(directory::Value) -> Test, 0),
        ("from", Test::AtLeast, 0),
        ("to", Test::AtMost, 999),
    ] {
        all.push(filter.condition(name, |text| match dates::read(text, now) {
            Some(time) => {
                let second = Time(time.seconds().saturating_mul(1_000).saturating_add(rest));
                Predicate::is(EventField::At, test(second.into()))
            }
            None => Predicate::Nothing,
        }));
    }
    all.push(organisation(handle, filter).await?);
    Ok(Predicate::all(all))
}

/// The condition on the organisation's name. Events of none, and of one that is not there any more, show
/// [`SYSTEM`]; so when that is asked for, those of other organisations are left out.
async fn organisation(
    handle: &Handle,
    filter: &IndexFilter,
) -> Result<Predicate<EventField>, Fault> {
    let named = filter.text("org", &OrganisationField::Name);
    if matches!(named, Predicate::All | Predicate::Nothing) {
        return Ok(match named {
            Predicate::All => Predicate::All,
            _ => Predicate::Nothing,
        });
    }
    let system = filter.matches("org", SYSTEM);
    let mut query = Query {
        predicate: if system { Predicate::not(named) } else { named },
        limit: CHUNK,
        ..Query::default()
    };
    let mut found = Vec::new();
    loop {
        let page = handle.organisations(&query).await?;
        found.extend(page.items.iter().map(|one| one.id.0));
        if found.len() > ORGANISATIONS {
            let why = format!("stands for more than {ORGANISATIONS} organisations");
            return Err(Fault::invalid("org", why));
        }
        match page.next {
            Some(next) => query.from = Position::After(next),
            None => break,
        }
    }
    let of = Predicate::one_of(EventField::Organisation, found);
    Ok(if system { Predicate::not(of) } else { of })
}

/// What stands where no person acted.
const SYSTEM: &str = "SYSTEM";

/// Organisations that a filter by name may stand for.
const ORGANISATIONS: usize = 2_000;

async fn organisation_names(
    handle: &Handle,
    events: &[Event],
) -> Result<HashMap<OrganisationId, String>, Fault> {
    let ids: BTreeSet<OrganisationId> = events.iter().filter_map(|one| one.organisation).collect();
    let ids: Vec<OrganisationId> = ids.into_iter().collect();
    let found = handle.organisations_by_id(&ids).await?;
    Ok(found.into_iter().map(|one| (one.id, one.name)).collect())
}

fn row(event: &Event, names: &HashMap<OrganisationId, String>) -> Value {
    let (model, action) = words(event);
    let name = event.entity_name.as_deref().unwrap_or_default();
    let model_id = event.entity_id.unwrap_or(0);
    let actor = event.actor.map_or(0, |actor| actor.0);
    let email = event.actor_name.as_deref().unwrap_or(SYSTEM);
    let organisation = event.organisation.and_then(|id| names.get(&id));
    json!({
        "id": event.id.0.to_string(),
        "title": format!("{model} ({model_id}): {name}"),
        "created": event.at.plain(),
        "model": model,
        "model_id": model_id.to_string(),
        "action": action,
        "user_id": actor.to_string(),
        "change": changes(event),
        "email": email,
        "org": organisation.map_or(SYSTEM, String::as_str),
        "description": format!("{model} \"{name}\" ({model_id}): {action} by User \"{email}\" ({actor})."),
        "ip": event.address.as_deref().unwrap_or_default(),
    })
}

/// The changed fields as the vendor writes them: `email (old) => (new), …`.
fn changes(event: &Event) -> String {
    let side = |name: &str| event.detail.as_ref()?.get(name)?.as_object();
    let (before, after) = (side("before"), side("after"));
    let names: BTreeSet<&String> = [before, after]
        .into_iter()
        .flatten()
        .flat_map(serde_json::Map::keys)
        .collect();
    let text = |fields: Option<&serde_json::Map<String, Value>>, name: &str| match fields
        .and_then(|fields| fields.get(name))
    {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let told = names.iter().map(|name| {
        let (old, new) = (text(before, name), text(after, name));
        format!("{name} ({old}) => ({new})")
    });
    told.collect::<Vec<_>>().join(", ")
}

/// `users/viewLoginHistory`: the last sign-ins and refusals of oneself or of a person one administers,
/// neighbours from one address shown as one. The vendor has a page here and no JSON.
pub async fn login_history(request: Authenticated) -> HandlerResult {
    let own = request.caller.user();
    let user = match request.segments.first() {
        Some(text) if text != "me" && protocol::acts_with(&request, ADMIN) => user_number(text)?,
        _ => own,
    };
    let user = request.user(user).await?;
    let query = Query {
        predicate: Predicate::all([
            Predicate::one_of(EventField::Verb, LOGINS.iter().map(|(verb, _)| *verb)),
            Predicate::any([
                Predicate::equals(EventField::Actor, user.id.0),
                Predicate::all([
                    Predicate::equals(EventField::Entity, "user"),
                    Predicate::equals(EventField::EntityId, user.id.0),
                ]),
            ]),
        ]),
        sort: Some(EventField::Id),
        direction: directory::Direction::Down,
        limit: 100,
        ..Query::default()
    };
    let events = request.events(&query).await?.items;
    let mut profiles: Vec<Profile> = Vec::new();
    for event in &events {
        let address = event.address.clone().unwrap_or_default();
        let known = LOGINS.iter().find(|(verb, _)| *verb == event.verb);
        let action = known.map_or("web:login", |(_, action)| action);
        match profiles.last_mut().filter(|last| last.address == address) {
            Some(last) => {
                last.first = event.at;
                last.count(action);
            }
            None => {
                let mut profile = Profile {
                    id: event.id.0,
                    address,
                    first: event.at,
                    last: event.at,
                    actions: Vec::new(),
                };
                profile.count(action);
                profiles.push(profile);
            }
        }
    }
    let rows: Vec<Value> = profiles.iter().map(Profile::row).collect();
    Ok(wire::shown(&request, &rows))
}

/// Sign-ins from one address.
struct Profile {
    id: i64,
    address: String,
    first: Time,
    last: Time,
    actions: Vec<(&'static str, u32)>,
}

impl Profile {
    fn count(&mut self, action: &'static str) {
        match self.actions.iter_mut().find(|(one, _)| *one == action) {
            Some((_, count)) => *count += 1,
            None => self.actions.push((action, 1)),
        }
    }

    fn row(&self) -> Value {
        let actions = self.actions.iter();
        let actions: Vec<String> = actions
            .map(|(one, count)| format!("{one} ({count}x)"))
            .collect();
        json!({
            "id": self.id.to_string(),
            "status": "unknown",
            "platform": null,
            "browser": null,
            "region": null,
            "ip": self.address,
            "accept_lang": null,
            "first_seen": self.first.plain(),
            "last_seen": self.last.plain(),
            "actions": actions.join(" "),
        })
    }
}
