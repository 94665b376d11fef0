//! Organisations: the tree, its members, and the groups its administrators may hand out.

use std::sync::Arc;

use directory::filter::{BY_NUMBER, ORGANISATION_FIELDS, ORGANISATION_SORTS};
use directory::{
    Membership, NewOrganisation, Organisation, OrganisationChange, OrganisationField,
    OrganisationId, OrganisationRef, Predicate, Test, Time, User, UserField,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use kit::Authenticated;

use super::answers;
use super::bodies::{Name, Sent, body};
use super::facet_counts::FACETS;
use super::facets;
use super::fields::Named;
use super::lists::{self, Listing};
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;
use super::users::{self, UserBody};

/// An organisation as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Organisation")]
pub struct OrganisationBody<'a> {
    id: Uuid,
    number: i64,
    parent: Option<i64>,
    name: &'a str,
    slug: &'a str,
    description: Option<&'a str>,
    kind: Option<&'a str>,
    sector: Option<&'a str>,
    nationality: Option<&'a str>,
    contacts: Option<&'a str>,
    local: bool,
    domains: &'a [String],
    second_factor_required: bool,
    revision: i64,
    created_at: Moment,
    created_by: Option<i64>,
    updated_at: Moment,
    updated_by: Option<i64>,
}

impl<'a> OrganisationBody<'a> {
    /// Shows an organisation.
    pub fn of(organisation: &'a Organisation) -> Self {
        Self {
            id: organisation.uuid,
            number: organisation.id.0,
            parent: organisation.parent.map(|parent| parent.0),
            name: &organisation.name,
            slug: &organisation.slug,
            description: organisation.description.as_deref(),
            kind: organisation.kind.as_deref(),
            sector: organisation.sector.as_deref(),
            nationality: organisation.nationality.as_deref(),
            contacts: organisation.contacts.as_deref(),
            local: organisation.local,
            domains: &organisation.domains,
            second_factor_required: organisation.second_factor_required,
            revision: organisation.version,
            created_at: Moment(organisation.created_at),
            created_by: organisation.created_by.map(|user| user.0),
            updated_at: Moment(organisation.updated_at),
            updated_by: organisation.updated_by.map(|user| user.0),
        }
    }
}

/// A member of an organisation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub struct MemberBody<'a> {
    user: UserBody<'a>,
    home: bool,
    administrator: bool,
}

impl<'a> MemberBody<'a> {
    fn of(user: &'a User, membership: Option<&Membership>, now: Time) -> Self {
        Self {
            user: UserBody::of(user, now),
            home: membership.is_some_and(|one| one.home),
            administrator: membership.is_some_and(|one| one.administrator),
        }
    }
}

/// How organisations are listed.
pub const LISTING: Listing<OrganisationField> = Listing {
    fields: ORGANISATION_FIELDS,
    usual: BY_NUMBER,
    sorts: ORGANISATION_SORTS,
    facets: &["kind", "sector", "nationality", "local", "parent"],
    downwards: false,
};

/// `GET /organisations`
pub async fn list(request: Authenticated) -> Answer {
    let query = LISTING.query(&request, &request.query()?.0).await?;
    let page = request.organisations(&query).await?;
    LISTING.page(&request, &page, OrganisationBody::of).await
}

/// `GET /organisations/{organisation}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let organisation = request
        .organisation(request.reference::<OrganisationId>(0))
        .await?;
    Reply::revised(organisation.version, &OrganisationBody::of(&organisation))
}

body! {
    pub struct NewOrganisationBody as "NewOrganisation" {
        id: optional Uuid,
        parent: optional Named,
        name: needed Name,
        slug: optional String,
        description: clearable String,
        kind: clearable String,
        sector: clearable String,
        nationality: clearable String,
        contacts: clearable String,
        local: optional bool,
        domains: optional Vec<String>,
        second_factor_required: optional bool,
    }
}

/// `POST /organisations`
pub async fn create(request: Authenticated, body: Sent<NewOrganisationBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let new = NewOrganisation {
        uuid: sent.id,
        parent: references::organisation(&request, "parent", sent.parent).await?,
        name: sent.name.0,
        slug: sent.slug,
        description: sent.description.flatten(),
        kind: sent.kind.flatten(),
        sector: sent.sector.flatten(),
        nationality: sent.nationality.flatten(),
        contacts: sent.contacts.flatten(),
        external: !sent.local.unwrap_or(true),
        domains: sent.domains.unwrap_or_default(),
        second_factor_required: sent.second_factor_required.unwrap_or(false),
        ..NewOrganisation::default()
    };
    let info = Arc::clone(&request.info);
    let show = move |organisation: &Organisation| {
        let location = format!("/organisations/{}", organisation.uuid);
        let body = OrganisationBody::of(organisation);
        Reply::made(&info, &location, Some(organisation.version), &body)
    };
    answers::once(&request, &request, show, |handle| {
        handle.create_organisation(new)
    })
    .await
}

body! {
    pub struct OrganisationChangeBody as "OrganisationChange" {
        parent: change Named,
        name: change Name,
        slug: change String,
        description: clearable String,
        kind: clearable String,
        sector: clearable String,
        nationality: clearable String,
        contacts: clearable String,
        local: change bool,
        domains: change Vec<String>,
        second_factor_required: change bool,
    }
}

/// `PATCH /organisations/{organisation}`
pub async fn update(request: Authenticated, body: Sent<OrganisationChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let change = OrganisationChange {
        parent: references::organisation(&request, "parent", sent.parent).await?,
        name: sent.name.map(|name| name.0),
        slug: sent.slug,
        description: sent.description,
        kind: sent.kind,
        sector: sent.sector,
        nationality: sent.nationality,
        contacts: sent.contacts,
        local: sent.local,
        domains: sent.domains,
        second_factor_required: sent.second_factor_required,
        if_version: request.revision(),
        ..OrganisationChange::default()
    };
    let which: OrganisationRef = request.reference(0);
    let organisation = request.update_organisation(which, change).await?;
    Reply::revised(organisation.version, &OrganisationBody::of(&organisation))
}

/// `DELETE /organisations/{organisation}`
pub async fn delete(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let which: OrganisationRef = request.reference(0);
    request.delete_organisation(which).await?;
    Reply::nothing()
}

/// `GET /organisations/{organisation}/members`: the users homed there and the further members.
pub async fn members(request: Authenticated) -> Answer {
    let organisation = request
        .organisation(request.reference::<OrganisationId>(0))
        .await?
        .id;
    let given = &request.query()?.0;
    let own = &[FACETS];
    let mut query = users::LISTING.query_with(&request, given, own).await?;
    let here = Predicate::Is(UserField::Organisation, Test::Equals(organisation.0.into()));
    let facets = facets::load(&request, given, &users::LISTING, own, here.clone()).await?;
    query.predicate = query.predicate.and(here);
    let page = request.users(&query).await?;
    let ids: Vec<_> = page.items.iter().map(|user| user.id).collect();
    let memberships = request.memberships(&ids).await?;
    let now = request.now();
    lists::page_with(&request, &page, facets, |user| {
        let membership = memberships
            .iter()
            .find(|one| one.user == user.id && one.organisation == organisation);
        MemberBody::of(user, membership, now)
    })
}
