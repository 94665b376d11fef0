//! Figures about users and organisations (misp.md §8), of what the caller sees. There are no events here,
//! so their figures are those of an empty server.

use std::collections::HashMap;

use directory::{
    Cursor, Fault, Handle, OrganisationField, OrganisationId, Position, Predicate, Query, Test,
    Time, UserField,
};
use serde_json::{Value, json};

use super::catalogue::PLATFORM;
use super::filter::{self, PGP};
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult};

/// Organisations read at a time.
const CHUNK: u32 = 1_000;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// `users/statistics[/{page}]`.
pub async fn show(request: Authenticated) -> HandlerResult {
    let page = request.segments.first().map_or("data", String::as_str);
    let body = match page {
        "data" => data(&request).await?,
        "users" => users(&request).await?,
        "orgs" => return organisations(request).await,
        "tags" => json!({ "flatData": [], "treemap": { "name": "tags", "children": [] } }),
        "sightings" => json!({ "toplist": [], "eventids": [] }),
        "attributehistogram" => {
            json!([{ "data": [], "org_name": "All organisations", "total": 0 }])
        }
        "galaxyMatrix" => {
            let place = protocol::place(&request.info);
            let why = "Galaxy cannot be represented as a matrix";
            return Ok(protocol::said(&request.info, place.exception(405, why)));
        }
        _ => {
            let place = protocol::place(&request.info);
            return Ok(protocol::said(
                &request.info,
                place.exception(404, "Not Found"),
            ));
        }
    };
    Ok(wire::shown(&request, &body))
}

async fn people(handle: &Handle, predicate: Predicate<UserField>) -> Result<u64, Fault> {
    let query = Query {
        predicate,
        ..Query::default()
    };
    handle.count_users(&query).await
}

async fn places(handle: &Handle, predicate: Predicate<OrganisationField>) -> Result<u64, Fault> {
    let query = Query {
        predicate,
        limit: 0,
        total: true,
        ..Query::default()
    };
    Ok(handle.organisations(&query).await?.total.unwrap_or(0))
}

fn local(local: bool) -> Predicate<OrganisationField> {
    Predicate::equals(OrganisationField::Local, local)
}

async fn data(handle: &Handle) -> Result<Value, Fault> {
    let users = people(handle, Predicate::All).await?;
    let with_key = Predicate::equals(UserField::Term(PLATFORM, PGP.to_owned()), "1");
    let with_key = people(handle, with_key).await?;
    let organisations = places(handle, Predicate::All).await?;
    let local = places(handle, local(true)).await?;
    Ok(json!({ "stats": {
        "event_count": "0",
        "event_count_month": "0",
        "attribute_count": "0",
        "attribute_count_month": "0",
        "attributes_per_event": "0",
        "correlation_count": "0",
        "proposal_count": "0",
        "user_count": users.to_string(),
        "user_count_pgp": with_key.to_string(),
        "org_count": organisations.to_string(),
        "local_org_count": local.to_string(),
        "contributing_org_count": "",
        "average_user_per_org": average(users, local),
        "thread_count": "0",
        "thread_count_month": "0",
        "post_count": "0",
        "post_count_month": "0",
    } }))
}

/// A quotient with one decimal place, and none where it is whole.
fn average(users: u64, organisations: u64) -> String {
    if organisations == 0 {
        return "0".to_owned();
    }
    let tenths =
        users.saturating_mul(20).saturating_add(organisations) / organisations.saturating_mul(2);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

async fn users(handle: &Handle) -> Result<Value, Fault> {
    let now = handle.now();
    let since = [None, Some(now.plus(-30 * DAY)), Some(now.plus(-365 * DAY))];
    let mut figures = Vec::new();
    for which in [None, Some(true), Some(false)] {
        let mut counts = Vec::new();
        for since in since {
            let count = match which {
                None => people(handle, after(UserField::CreatedAt, since)).await?,
                Some(which) => {
                    let made = after(OrganisationField::CreatedAt, since);
                    places(handle, local(which).and(made)).await?
                }
            };
            counts.push(count);
        }
        let figure = |place: usize| counts.get(place).copied().unwrap_or(0);
        figures
            .push(json!({ "data": { "total": figure(0), "month": figure(1), "year": figure(2) } }));
    }
    let mut figures = figures.into_iter();
    let mut next = || figures.next().unwrap_or_default();
    Ok(json!({ "user": next(), "org_local": next(), "org_external": next() }))
}

fn after<F>(field: F, since: Option<Time>) -> Predicate<F> {
    match since {
        Some(since) => Predicate::is(field, Test::AtLeast(since.into())),
        None => Predicate::All,
    }
}

/// The organisations by name, with the number of people where there are any.
async fn organisations(request: Authenticated) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let predicate = filter::scope(address);
    let response = wire::streamed_object(&request, move |handle, cursor: Option<Cursor>| {
        let query = Query {
            predicate: predicate.clone(),
            sort: Some(OrganisationField::Name),
            from: cursor.map_or(Position::Start, Position::After),
            limit: CHUNK,
            ..Query::default()
        };
        async move {
            let page = handle.organisations(&query).await?;
            let ids: Vec<OrganisationId> = page.items.iter().map(|one| one.id).collect();
            let counts: HashMap<_, _> = handle.population(&ids).await?.into_iter().collect();
            let mut rows = Vec::new();
            for organisation in &page.items {
                let shown = super::map::organisation(organisation, super::map::Extras::default());
                let mut row = json!({
                    "id": shown.id,
                    "name": shown.name,
                    "description": shown.description,
                    "local": shown.local,
                    "contacts": shown.contacts,
                    "type": shown.kind,
                    "sector": shown.sector,
                    "nationality": shown.nationality,
                });
                let count = counts.get(&organisation.id).copied().unwrap_or(0);
                if let (true, Some(fields)) = (count > 0, row.as_object_mut()) {
                    fields.insert("userCount".to_owned(), json!(count.to_string()));
                }
                if !rows.is_empty() {
                    rows.push(b',');
                }
                let text = format!("{}:{row}", json!(organisation.name));
                rows.extend_from_slice(text.as_bytes());
            }
            Ok(Chunk {
                rows,
                next: page.next,
            })
        }
    })
    .await?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::average;

    #[test]
    fn averages_have_one_place() {
        for (users, organisations, expected) in [
            (4, 3, "1.3"),
            (18, 6, "3"),
            (5, 3, "1.7"),
            (0, 2, "0"),
            (3, 0, "0"),
            (39, 20, "2"),
        ] {
            assert_eq!(
                average(users, organisations),
                expected,
                "{users}/{organisations}"
            );
        }
    }
}
