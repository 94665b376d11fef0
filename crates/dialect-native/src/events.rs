//! The audit trail: who did what to whom, through which door.

use directory::filter::{BY_NUMBER, EVENT_FIELDS, EVENT_SORTS};
use directory::{Event, EventField};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use kit::Authenticated;

use super::lists::Listing;
use super::reply::Answer;
use super::times::Moment;

/// An event as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventBody<'a> {
    number: i64,
    at: Moment,
    verb: &'a str,
    actor: Option<i64>,
    actor_name: Option<&'a str>,
    platform: &'a str,
    key: Option<i64>,
    session: Option<i64>,
    entity: &'a str,
    entity_number: Option<i64>,
    entity_name: Option<&'a str>,
    organisation: Option<i64>,
    #[schemars(with = "Value")]
    detail: Option<&'a Value>,
    address: Option<&'a str>,
    request_id: Option<&'a str>,
}

impl<'a> EventBody<'a> {
    /// Shows an event.
    pub fn of(event: &'a Event) -> Self {
        Self {
            number: event.id.0,
            at: Moment(event.at),
            verb: &event.verb,
            actor: event.actor.map(|user| user.0),
            actor_name: event.actor_name.as_deref(),
            platform: &event.platform,
            key: event.key.map(|key| key.0),
            session: event.session.map(|session| session.0),
            entity: &event.entity,
            entity_number: event.entity_id,
            entity_name: event.entity_name.as_deref(),
            organisation: event.organisation.map(|organisation| organisation.0),
            detail: event.detail.as_ref(),
            address: event.address.as_deref(),
            request_id: event.request_id.as_deref(),
        }
    }
}

/// How events are listed.
pub const LISTING: Listing<EventField> = Listing {
    fields: EVENT_FIELDS,
    usual: BY_NUMBER,
    sorts: EVENT_SORTS,
    facets: &[
        "verb",
        "actor",
        "platform",
        "entity",
        "organisation",
        "address",
    ],
    downwards: false,
};

/// `GET /events`: newest last; `sort=-number` turns it round.
pub async fn list(request: Authenticated) -> Answer {
    let query = LISTING.query(&request, &request.query()?.0).await?;
    let page = request.events(&query).await?;
    LISTING.page(&request, &page, EventBody::of).await
}
