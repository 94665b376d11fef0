//! Organisations: made, deleted, given administrators.

use directory::{Fault, Kind, NewOrganisation, Ref};
use serde_json::Value;

use super::super::documents::{Document, OrganisationDocument};
use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::ids;
use super::super::node::Node;
use super::{Answer, input, input_flag, input_list, input_text};
use graphql::{Call, Link};

/// Makes an organisation, or gives the one that has the name already.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let name = input_text(call, "name")
        .unwrap_or_default()
        .trim()
        .to_owned();
    if name.is_empty() {
        return Err(errors::validation("name", "The name must not be blank"));
    }
    let figure = |name: &str| input(call, name).and_then(Value::as_i64);
    for field in ["confidence", "x_opencti_score"] {
        if figure(field).is_some_and(|figure| !(0..=100).contains(&figure)) {
            return Err(errors::validation(
                field,
                "The value must be between 0 and 100",
            ));
        }
    }
    let document = OrganisationDocument {
        reliability: input_text(call, "x_opencti_reliability"),
        aliases: input_list(call, "x_opencti_aliases").unwrap_or_default(),
        score: figure("x_opencti_score"),
        confidence: figure("confidence"),
        revoked: input_flag(call, "revoked").unwrap_or(false),
        roles: input_list(call, "roles").unwrap_or_default(),
        created: input_text(call, "created"),
        modified: input_text(call, "modified"),
        default_hidden_types: Vec::new(),
    };
    let uuid = match input_text(call, "stix_id").as_deref().map(ids::Given::read) {
        // A STIX id that is no computed one is the sender's own; its UUID may serve as ours.
        Some(ids::Given::Standard(id)) => {
            let own = id
                .split("--")
                .nth(1)
                .and_then(|uuid| uuid::Uuid::try_parse(uuid).ok());
            own.filter(|uuid| uuid.get_version_num() == 4)
        }
        _ => None,
    };
    let new = NewOrganisation {
        uuid,
        name: name.clone(),
        description: input_text(call, "description"),
        kind: input_text(call, "x_opencti_organization_type"),
        contacts: input_text(call, "contact_information"),
        extension: Some(document.stored()),
        ..NewOrganisation::default()
    };
    let row = match session.handle.create_organisation(new).await {
        // Quirk: creating what is there already gives it, without an error (opencti.md §5). One that
        // the caller does not see stays a refusal.
        Err(Fault::Taken { field: "name" }) => {
            let found = session.handle.organisation(Ref::Name(name)).await;
            found.map_err(|_| errors::functional("This organization cannot be created"))?
        }
        made => made.or_refuse()?,
    };
    Ok(Link::One(Node::Organization(session.company(row).await?)))
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
