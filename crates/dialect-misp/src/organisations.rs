//! Organisations (misp.md §5.1).

use std::collections::HashMap;

use directory::{
    Cursor, Fault, Handle, Kind, NewOrganisation, Organisation, OrganisationChange,
    OrganisationField, OrganisationId, Position, Predicate, Query, ROOT, Test, User, UserId,
};
use serde_json::json;
use uuid::Uuid;

use super::body::{Fields, Sent};
use super::catalogue::{ADMIN, SITE_ADMIN};
use super::filter;
use super::map::{self, Extras, shown_email, shown_kind};
use super::people::organisation_ref;
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult, Path};

/// Organisations read at a time.
const CHUNK: u32 = 1_000;

/// `organisations/index`: all at once, in the order of their names.
pub async fn list(request: Authenticated) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let text = ["searchall", "all", "quickFilter"]
        .iter()
        .find_map(|name| address.named(name))
        .unwrap_or_default();
    listed(request.clone(), filter::scope(address), text).await
}

/// The list by POST, whose body may hold `searchall`; a body with any other member finds nothing.
pub async fn search(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let mut fields = Fields::of(body, "Organisation");
    let text = fields.text("searchall").unwrap_or_default();
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(
            &request.info,
            protocol::place(&request.info).failure(errors),
        ));
    }
    let text = match address.named("searchall") {
        Some(text) => text.to_owned(),
        None => text,
    };
    let asked = if fields.all_known(&["searchall"]) {
        filter::scope(address)
    } else {
        Predicate::Nothing
    };
    listed(request.clone(), asked, &text).await
}

async fn listed(
    request: Authenticated,
    asked: Predicate<OrganisationField>,
    text: &str,
) -> HandlerResult {
    let predicate = asked.and(filter::organisation_search(text)?);
    let makers = protocol::acts_with(&request, SITE_ADMIN);
    let response = wire::streamed(&request, move |handle, cursor: Option<Cursor>| {
        let query = Query {
            predicate: predicate.clone(),
            sort: Some(OrganisationField::Name),
            from: cursor.map_or(Position::Start, Position::After),
            limit: CHUNK,
            ..Query::default()
        };
        async move { rows(&handle, &query, makers).await }
    })
    .await?;
    Ok(response)
}

async fn rows(
    handle: &Handle,
    query: &Query<OrganisationField>,
    makers: bool,
) -> Result<Chunk<Cursor>, Fault> {
    let page = handle.organisations(query).await?;
    let ids: Vec<OrganisationId> = page.items.iter().map(|one| one.id).collect();
    let counts: HashMap<OrganisationId, i64> = handle.population(&ids).await?.into_iter().collect();
    let emails = if makers {
        maker_emails(handle, &page.items).await?
    } else {
        HashMap::new()
    };
    let rows = page.items.iter().map(|organisation| {
        let maker = organisation.created_by.and_then(|user| emails.get(&user));
        let extras = Extras {
            created_by: makers,
            landingpage: true,
            user_count: Some(counts.get(&organisation.id).copied().unwrap_or(0)),
            created_by_email: makers.then(|| maker.cloned()),
        };
        json!({ "Organisation": map::organisation(organisation, extras) })
    });
    Chunk::of(rows, page.next)
}

/// The addresses of those who made the organisations, as far as they are still there.
async fn maker_emails(
    handle: &Handle,
    organisations: &[Organisation],
) -> Result<HashMap<UserId, String>, Fault> {
    let mut makers: Vec<UserId> = organisations
        .iter()
        .filter_map(|one| one.created_by)
        .collect();
    makers.sort_unstable();
    makers.dedup();
    let users: Vec<User> = handle.users_by_id(&makers).await?;
    Ok(users
        .iter()
        .map(|user| (user.id, shown_email(user)))
        .collect())
}

/// `organisations/view`, by number, UUID or name.
pub async fn view(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let organisation = request.organisation(organisation_ref(&id)).await?;
    let counts = request.population(&[organisation.id]).await?;
    // Quirk: whoever administers this very organisation learns who made it (misp.md §5.1).
    let makers = protocol::acts_with(&request, SITE_ADMIN)
        || (protocol::acts_with(&request, ADMIN) && organisation.id == request.caller.home());
    let email = if makers {
        let emails = maker_emails(&request, std::slice::from_ref(&organisation)).await?;
        Some(emails.into_values().next())
    } else {
        None
    };
    let extras = Extras {
        created_by: makers,
        landingpage: false,
        user_count: Some(counts.first().map_or(0, |(_, count)| *count)),
        created_by_email: email,
    };
    let body = json!({ "Organisation": map::organisation(&organisation, extras) });
    Ok(wire::shown(&request, &body))
}

/// `organisations/getUUIDs`: the local ones, for those who synchronise instances.
pub async fn uuids(request: Authenticated) -> HandlerResult {
    let response = wire::streamed(&request, move |handle, cursor: Option<Cursor>| {
        let query = Query {
            predicate: Predicate::Is(OrganisationField::Local, Test::Equals(true.into())),
            from: cursor.map_or(Position::Start, Position::After),
            limit: CHUNK,
            ..Query::default()
        };
        async move {
            let page = handle.organisations(&query).await?;
            Chunk::of(page.items.iter().map(|one| one.uuid), page.next)
        }
    })
    .await?;
    Ok(response)
}

fn saved(request: &Authenticated, organisation: &Organisation, edited: bool) -> HandlerResult {
    let extras = Extras {
        created_by: true,
        landingpage: true,
        ..Extras::default()
    };
    let mut body = map::organisation(organisation, extras);
    if edited {
        // Quirk: no domains are an empty list after editing, and nothing elsewhere (misp.md §5.1).
        body.restricted_to_domain.get_or_insert_default();
    }
    Ok(wire::shown(request, &json!({ "Organisation": body })))
}

/// A UUID to give an organisation.
fn uuid(fields: &mut Fields) -> Option<Uuid> {
    let text = fields.filled("uuid")?;
    let uuid = Uuid::parse_str(text.trim())
        .ok()
        .filter(|_| text.trim().len() == 36);
    if uuid.is_none() {
        fields.refuse("uuid", "Please provide a valid RFC 4122 UUID");
    }
    uuid
}

/// `admin/organisations/add`.
pub async fn add(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    let mut fields = Fields::of(body, "Organisation");
    let name = fields.filled("name");
    if name.is_none() {
        fields.refuse("name", "Please provide a name for the organisation.");
    }
    let new = NewOrganisation {
        uuid: uuid(&mut fields),
        name: name.unwrap_or_default(),
        description: fields.filled("description"),
        kind: fields.filled("type"),
        sector: fields.filled("sector"),
        nationality: fields.filled("nationality"),
        contacts: fields.filled("contacts"),
        external: !fields.flag("local").unwrap_or(true),
        domains: fields
            .list("restricted_to_domain", false)
            .unwrap_or_default(),
        ..NewOrganisation::default()
    };
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let organisation = request.create_organisation(new).await?;
    saved(&request, &organisation, false)
}

/// `admin/organisations/edit`: what is not sent stays.
pub async fn edit(
    request: Authenticated,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let place = protocol::place(&request.info);
    let organisation = request.organisation(numbered(&id)?).await?;
    let mut fields = Fields::of(body, "Organisation");
    if fields.value("name").is_some() && fields.filled("name").is_none() {
        fields.refuse("name", "Please provide a name for the organisation.");
    }
    let mut text = |name: &str| {
        fields
            .text(name)
            .map(|text| Some(text).filter(|text| !text.is_empty()))
    };
    let (description, sector, nationality, contacts) = (
        text("description"),
        text("sector"),
        text("nationality"),
        text("contacts"),
    );
    // What the root shows as its type is not stored, and not written back either.
    let kind = text("type").filter(|kind| {
        organisation.id != ROOT || kind.as_deref() != Some(shown_kind(&organisation))
    });
    let change = OrganisationChange {
        uuid: uuid(&mut fields).filter(|uuid| *uuid != organisation.uuid),
        name: fields.filled("name"),
        description,
        kind,
        sector,
        nationality,
        contacts,
        local: fields.flag("local"),
        domains: fields.list("restricted_to_domain", false),
        ..OrganisationChange::default()
    };
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let organisation = request.update_organisation(organisation.id, change).await?;
    saved(&request, &organisation, true)
}

/// Changes go by number or UUID, not by name.
fn numbered(id: &str) -> Result<directory::OrganisationRef, Fault> {
    match organisation_ref(id) {
        directory::Ref::Name(_) => Err(Fault::NotFound(Kind::Organisation)),
        known => Ok(known),
    }
}

/// `admin/organisations/delete`.
pub async fn delete(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let organisation = request.organisation(numbered(&id)?).await?;
    let number = organisation.id.0;
    let mut place = protocol::place(&request.info);
    place.id = Some(number);
    let url = place.act.url(&request.info.path, place.id);
    let body = match request.delete_organisation(organisation.id).await {
        Ok(_) => wire::success(
            "Organisation deleted",
            &url,
            Some(json!(number.to_string())),
        ),
        // The number stands in the answer even where the path names a UUID.
        Err(fault @ (Fault::InUse(_) | Fault::Protected(_))) => {
            return Ok(protocol::said(&request.info, place.render(&fault)));
        }
        Err(fault) => return Err(fault.into()),
    };
    Ok(wire::shown(&request, &body))
}
