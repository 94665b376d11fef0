//! Organisations: made, deleted, given administrators.

use directory::{Fault, Kind, NewOrganisation, Ref};
use serde_json::Value;

use super::super::documents::{Document, OrganisationDocument};
use super::super::edit::{self, Edit};
use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::ids;
use super::super::node::Node;
use super::organisation_patch::{check, stix_ids};
use super::{Answer, input, input_flag, input_list, input_text};
use graphql::{Call, Link};

/// Makes an organisation, or gives the one that is there already: with what was given along where the
/// caller asks for an update, else as it is.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let name = input_text(call, "name")
        .unwrap_or_default()
        .trim()
        .to_owned();
    if name.is_empty() {
        return Err(errors::validation("name", "The name must not be blank"));
    }
    let mut brought = input_list(call, "x_opencti_stix_ids").unwrap_or_default();
    let stix_id = input_text(call, "stix_id");
    brought.extend(stix_id.clone());
    // What is no id of an identity cannot be found again, and is left out.
    brought.retain(|id| stix_ids(std::slice::from_ref(id)).is_ok());
    let own = ids::organisation(&name);
    let mut brought = stix_ids(&brought)?;
    brought.retain(|id| *id != own);
    let document = document(call, brought.clone());
    check(&document)?;
    // Quirk: creating what is there already gives it, without an error (opencti.md §5). It may be known
    // by its name or by an id that came along.
    if let Some(row) = session.find_brought(&brought).await? {
        return existing(session, row, call, &brought).await;
    }
    let new = NewOrganisation {
        uuid: stix_id.as_deref().and_then(own_uuid),
        name: name.clone(),
        description: input_text(call, "description"),
        kind: input_text(call, "x_opencti_organization_type"),
        contacts: input_text(call, "contact_information"),
        extension: Some(document.stored()),
        ..NewOrganisation::default()
    };
    let row = match session.handle.create_organisation(new).await {
        // One that the caller does not see stays a refusal.
        Err(Fault::Taken { field: "name" }) => {
            let found = session.handle.organisation(Ref::Name(name)).await;
            let found =
                found.map_err(|_| errors::functional("This organization cannot be created"))?;
            return existing(session, found, call, &brought).await;
        }
        made => made.or_refuse()?,
    };
    Ok(Link::One(Node::Organization(session.company(row).await?)))
}

/// `identityAdd`: organisations are the only identities here.
pub async fn add_identity(session: &Session, call: &Call<'_>) -> Answer {
    match input_text(call, "type").as_deref() {
        Some("Organization") => add(session, call).await,
        other => Err(
            errors::unsupported("Identities other than organizations are not kept here")
                .with("type", other.unwrap_or_default()),
        ),
    }
}

/// The organisation that a creation found, changed by what was given where an update is asked for.
async fn existing(
    session: &Session,
    row: directory::Organisation,
    call: &Call<'_>,
    brought: &[String],
) -> Answer {
    if input_flag(call, "update") != Some(true) {
        return Ok(Link::One(Node::Organization(session.company(row).await?)));
    }
    let mut edits: Vec<Edit> = UPSERTED
        .iter()
        .filter_map(|key| {
            let value = input(call, key)?;
            let values = match value {
                Value::Array(values) => values.clone(),
                single => vec![single.clone()],
            };
            Some(Edit::replacing(key, values))
        })
        .collect();
    if !brought.is_empty() {
        let values = brought.iter().map(|id| id.as_str().into()).collect();
        let mut edit = Edit::replacing("x_opencti_stix_ids", values);
        edit.operation = edit::Operation::Add;
        edits.push(edit);
    }
    super::organisation_patch::patch(session, row, &edits).await
}

/// What a creation changes of an organisation that is there already. The name is what it was found by.
const UPSERTED: &[&str] = &[
    "description",
    "contact_information",
    "x_opencti_organization_type",
    "x_opencti_reliability",
    "x_opencti_aliases",
    "x_opencti_score",
    "confidence",
    "revoked",
    "roles",
    "lang",
    "created",
    "modified",
];

/// A STIX id that is no computed one is the sender's own; its UUID may serve as ours.
fn own_uuid(stix_id: &str) -> Option<uuid::Uuid> {
    let ids::Given::Standard(id) = ids::Given::read(stix_id) else {
        return None;
    };
    let uuid = uuid::Uuid::try_parse(id.split("--").nth(1)?).ok()?;
    (uuid.get_version_num() == 4).then_some(uuid)
}

/// The document of a new organisation.
fn document(call: &Call<'_>, stix_ids: Vec<String>) -> OrganisationDocument {
    let figure = |name: &str| input(call, name).and_then(Value::as_i64);
    OrganisationDocument {
        reliability: input_text(call, "x_opencti_reliability"),
        aliases: input_list(call, "x_opencti_aliases").unwrap_or_default(),
        score: figure("x_opencti_score"),
        confidence: figure("confidence"),
        revoked: input_flag(call, "revoked").unwrap_or(false),
        roles: input_list(call, "roles").unwrap_or_default(),
        created: date(call, "created"),
        modified: date(call, "modified"),
        default_hidden_types: Vec::new(),
        lang: input_text(call, "lang"),
        stix_ids,
    }
}

/// A date of the input in the one form that dates are kept and compared in.
fn date(call: &Call<'_>, name: &str) -> Option<String> {
    let text = input_text(call, name)?;
    Some(directory::Time::parse(&text)?.rfc3339())
}

/// Deletes an organisation.
pub async fn delete(session: &Session, id: &str) -> Answer {
    let found = session.find_organisation(id).await?;
    let found = found.ok_or_else(|| errors::already_deleted(id))?;
    match session.handle.delete_organisation(found.id).await {
        Ok(row) => Ok(Link::Leaf(Value::from(row.uuid.to_string()))),
        Err(Fault::InUse(Kind::Organisation)) => Err(errors::functional(
            "Cannot delete an organization that has users or organizations of its own",
        )),
        Err(fault) => Err(refused(&fault)),
    }
}

/// Makes a member an administrator of an organisation, or a plain member again.
pub async fn set_administrator(session: &Session, call: &Call<'_>, wanted: bool) -> Answer {
    let (id, member) = (call.text("id"), call.text("memberId"));
    let row = session.find_organisation(id).await?;
    let row = row.ok_or_else(|| errors::missing_reference(&[id]))?;
    let user = super::users::target(session, member).await?;
    let rows = session.handle.memberships(&[user.id]).await.or_refuse()?;
    if !rows.iter().any(|place| place.organisation == row.id) {
        return Err(errors::functional("User is not part of the organization"));
    }
    let set = session
        .handle
        .add_membership(user.id, row.id, Some(wanted))
        .await;
    set.or_refuse()?;
    Ok(Link::One(Node::Organization(session.company(row).await?)))
}
