//! Collections: named sets of organisations, through which a group's roles reach several at once.

use std::sync::Arc;

use directory::filter::{BY_NUMBER, COLLECTION_FIELDS};
use directory::{
    Collection, CollectionChange, CollectionField, CollectionId, CollectionRef, NewCollection,
    OrganisationId,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use kit::Authenticated;

use super::answers;
use super::bodies::{Name, Sent, body};
use super::fields::Named;
use super::lists::{self, Listing};
use super::organisations::OrganisationBody;
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;

/// A collection as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Collection")]
pub struct CollectionBody<'a> {
    id: Uuid,
    number: i64,
    organisation: i64,
    name: &'a str,
    description: Option<&'a str>,
    /// The numbers of the organisations in it, as far as the caller sees them.
    organisations: Vec<i64>,
    revision: i64,
    created_at: Moment,
    updated_at: Moment,
}

impl<'a> CollectionBody<'a> {
    fn of(collection: &'a Collection, within: &[(CollectionId, OrganisationId)]) -> Self {
        Self {
            id: collection.uuid,
            number: collection.id.0,
            organisation: collection.organisation.0,
            name: &collection.name,
            description: collection.description.as_deref(),
            organisations: within
                .iter()
                .filter(|(id, _)| *id == collection.id)
                .map(|(_, organisation)| organisation.0)
                .collect(),
            revision: collection.version,
            created_at: Moment(collection.created_at),
            updated_at: Moment(collection.updated_at),
        }
    }
}

/// How collections are listed.
pub const LISTING: Listing<CollectionField> = Listing {
    fields: COLLECTION_FIELDS,
    usual: BY_NUMBER,
    sorts: &[
        ("name", CollectionField::Name),
        ("created_at", CollectionField::CreatedAt),
        ("updated_at", CollectionField::UpdatedAt),
    ],
    facets: &["organisation"],
    downwards: false,
};

/// `GET /collections`
pub async fn list(request: Authenticated) -> Answer {
    let query = LISTING.query(&request, &request.query()?.0).await?;
    let page = request.collection_page(&query).await?;
    let ids: Vec<_> = page.items.iter().map(|one| one.id).collect();
    let within = request.collection_organisations(&ids).await?;
    LISTING
        .page(&request, &page, |one| CollectionBody::of(one, &within))
        .await
}

/// `GET /collections/{collection}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let which: CollectionRef = request.reference(0);
    let collection = request.collection(which).await?;
    shown(&request, &collection).await
}

async fn shown(request: &Authenticated, collection: &Collection) -> Answer {
    let ids = [collection.id];
    let within = request.collection_organisations(&ids).await?;
    let body = CollectionBody::of(collection, &within);
    Reply::revised(collection.version, &body)
}

body! {
    pub struct NewCollectionBody as "NewCollection" {
        id: optional Uuid,
        organisation: optional Named,
        name: needed Name,
        description: optional String,
        organisations: optional Vec<Named>,
    }
}

/// `POST /collections`
pub async fn create(request: Authenticated, body: Sent<NewCollectionBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let handle = &request;
    let new = NewCollection {
        uuid: sent.id,
        organisation: references::organisation(handle, "organisation", sent.organisation).await?,
        name: sent.name.0,
        description: sent.description,
        organisations: references::organisations(handle, "organisations", sent.organisations)
            .await?,
    };
    // The caller named these, and so sees them.
    let mut inside = new.organisations.clone();
    inside.sort_unstable();
    inside.dedup();
    let info = Arc::clone(&request.info);
    let show = move |collection: &Collection| {
        let within: Vec<_> = inside.iter().map(|one| (collection.id, *one)).collect();
        let body = CollectionBody::of(collection, &within);
        let location = format!("/collections/{}", collection.uuid);
        Reply::made(&info, &location, Some(collection.version), &body)
    };
    answers::once(&request, &request, show, |handle| {
        handle.create_collection(new)
    })
    .await
}

body! {
    pub struct CollectionChangeBody as "CollectionChange" {
        name: change Name,
        description: clearable String,
    }
}

/// `PATCH /collections/{collection}`
pub async fn update(request: Authenticated, body: Sent<CollectionChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let CollectionChangeBody { name, description } = body.read()?;
    let change = CollectionChange {
        name: name.map(|name| name.0),
        description,
    };
    let which: CollectionRef = request.reference(0);
    let collection = request.update_collection(which, change).await?;
    shown(&request, &collection).await
}

/// `DELETE /collections/{collection}`
pub async fn delete(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let which: CollectionRef = request.reference(0);
    request.delete_collection(which).await?;
    Reply::nothing()
}

/// `GET /collections/{collection}/organisations`
pub async fn organisations(request: Authenticated) -> Answer {
    let which: CollectionRef = request.reference(0);
    let id = request.collection(which).await?.id;
    let within = request.collection_organisations(&[id]).await?;
    let ids: Vec<_> = within
        .iter()
        .map(|(_, organisation)| *organisation)
        .collect();
    let organisations = request.organisations_by_id(&ids).await?;
    lists::sliced(
        &request,
        &organisations,
        |organisation| lists::numbered(organisation.id.0),
        OrganisationBody::of,
    )
}

/// `PUT /collections/{collection}/organisations/{organisation}`
pub async fn add(request: Authenticated) -> Answer {
    let (which, organisation) = placed(&request).await?;
    request.add_to_collection(which, &[organisation]).await?;
    Reply::nothing()
}

/// `DELETE /collections/{collection}/organisations/{organisation}`
pub async fn remove(request: Authenticated) -> Answer {
    let (which, organisation) = placed(&request).await?;
    request
        .remove_from_collection(which, &[organisation])
        .await?;
    Reply::nothing()
}

async fn placed(
    request: &Authenticated,
) -> Result<(CollectionRef, OrganisationId), super::errors::Problem> {
    lists::only(&request.query()?.0, &[])?;
    let organisation = request.reference::<OrganisationId>(1);
    let organisation = request.organisation(organisation).await?.id;
    Ok((request.reference(0), organisation))
}
