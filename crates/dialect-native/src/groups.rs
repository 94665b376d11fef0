//! Groups: people of one organisation and its subtree, their managers and the roles they bring.

use std::sync::Arc;

use directory::filter::{BY_NUMBER, GROUP_FIELDS, GROUP_SORTS};
use directory::{
    Group, GroupChange, GroupField, GroupId, GroupRef, NewGroup, Predicate, Test, UserField, UserId,
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

/// A group as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Group",
    description = "`platform` and `word` are set on a platform's built-in groups."
)]
pub struct GroupBody<'a> {
    id: Uuid,
    number: i64,
    organisation: i64,
    platform: Option<&'a str>,
    word: Option<&'a str>,
    name: &'a str,
    slug: &'a str,
    description: Option<&'a str>,
    newcomers_of: Option<&'a str>,
    revision: i64,
    created_at: Moment,
    created_by: Option<i64>,
    updated_at: Moment,
    updated_by: Option<i64>,
}

impl<'a> GroupBody<'a> {
    /// Shows a group.
    pub fn of(group: &'a Group) -> Self {
        Self {
            id: group.uuid,
            number: group.id.0,
            organisation: group.organisation.0,
            platform: group.platform.as_deref(),
            word: group.word.as_deref(),
            name: &group.name,
            slug: &group.slug,
            description: group.description.as_deref(),
            newcomers_of: group.newcomers_of.as_deref(),
            revision: group.version,
            created_at: Moment(group.created_at),
            created_by: group.created_by.map(|user| user.0),
            updated_at: Moment(group.updated_at),
            updated_by: group.updated_by.map(|user| user.0),
        }
    }
}

/// How groups are listed.
pub const LISTING: Listing<GroupField> = Listing {
    fields: GROUP_FIELDS,
    usual: BY_NUMBER,
    sorts: GROUP_SORTS,
    facets: &["organisation", "newcomers"],
    downwards: false,
};

/// `GET /groups`
pub async fn list(request: Authenticated) -> Answer {
    let query = LISTING.query(&request, &request.query()?.0).await?;
    let page = request.groups(&query).await?;
    LISTING.page(&request, &page, GroupBody::of).await
}

/// `GET /groups/{group}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let group = request.group(request.reference::<GroupId>(0)).await?;
    Reply::revised(group.version, &GroupBody::of(&group))
}

body! {
    pub struct NewGroupBody as "NewGroup" {
        id: optional Uuid,
        organisation: optional Named,
        name: needed Name,
        slug: optional String,
        description: clearable String,
        newcomers: optional bool,
    }
}

/// `POST /groups`
pub async fn create(request: Authenticated, body: Sent<NewGroupBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let new = NewGroup {
        uuid: sent.id,
        organisation: references::organisation(&request, "organisation", sent.organisation).await?,
        name: sent.name.0,
        slug: sent.slug,
        description: sent.description.flatten(),
        newcomers: sent.newcomers.unwrap_or(false),
        ..NewGroup::default()
    };
    let info = Arc::clone(&request.info);
    let show = move |group: &Group| {
        let location = format!("/groups/{}", group.uuid);
        let body = GroupBody::of(group);
        Reply::made(&info, &location, Some(group.version), &body)
    };
    answers::once(&request, &request, show, |handle| handle.create_group(new)).await
}

body! {
    pub struct GroupChangeBody as "GroupChange" {
        name: change Name,
        slug: change String,
        description: clearable String,
        newcomers: change bool,
    }
}

/// `PATCH /groups/{group}`
pub async fn update(request: Authenticated, body: Sent<GroupChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let change = GroupChange {
        name: sent.name.map(|name| name.0),
        slug: sent.slug,
        description: sent.description,
        newcomers: sent.newcomers,
        if_version: request.revision(),
        ..GroupChange::default()
    };
    let which: GroupRef = request.reference(0);
    let group = request.update_group(which, change).await?;
    Reply::revised(group.version, &GroupBody::of(&group))
}

/// `DELETE /groups/{group}`
pub async fn delete(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let which: GroupRef = request.reference(0);
    request.delete_group(which).await?;
    Reply::nothing()
}

/// `GET /users/{user}/groups`
pub async fn of_user(request: Authenticated) -> Answer {
    let user = request.user(request.reference::<UserId>(0)).await?.id;
    joined(&request, user).await
}

/// The groups a user belongs to.
pub async fn joined(request: &Authenticated, user: UserId) -> Answer {
    let mut query = LISTING.query(request, &request.query()?.0).await?;
    let theirs = Predicate::Is(GroupField::Member, Test::Equals(user.0.into()));
    query.narrow(&theirs);
    let page = request.groups(&query).await?;
    LISTING.page(request, &page, GroupBody::of).await
}

/// `GET /groups/{group}/members`
pub async fn members(request: Authenticated) -> Answer {
    let group = request.group(request.reference::<GroupId>(0)).await?.id;
    let given = &request.query()?.0;
    let own = &[FACETS];
    let query = users::LISTING.query_with(&request, given, own).await?;
    let inside = Predicate::Is(UserField::Group, Test::Equals(group.0.into()));
    let facets = facets::load(&request, given, &users::LISTING, own, inside).await?;
    let page = request.members(group, &query).await?;
    let now = request.now();
    lists::page_with(&request, &page, facets, |user| UserBody::of(user, now))
}

/// `PUT /groups/{group}/members/{user}`; a second time is harmless.
pub async fn add_member(request: Authenticated) -> Answer {
    let (group, user) = (
        request.reference::<GroupId>(0),
        request.reference::<UserId>(1),
    );
    lists::only(&request.query()?.0, &[])?;
    request.add_member(group, user).await?;
    Reply::nothing()
}

/// `DELETE /groups/{group}/members/{user}`
pub async fn remove_member(request: Authenticated) -> Answer {
    let (group, user) = (
        request.reference::<GroupId>(0),
        request.reference::<UserId>(1),
    );
    lists::only(&request.query()?.0, &[])?;
    request.remove_member(group, user).await?;
    Reply::nothing()
}

/// `PUT /users/{user}/groups/{group}`
pub async fn join(request: Authenticated) -> Answer {
    let (user, group) = (
        request.reference::<UserId>(0),
        request.reference::<GroupId>(1),
    );
    lists::only(&request.query()?.0, &[])?;
    request.add_member(group, user).await?;
    Reply::nothing()
}

/// `DELETE /users/{user}/groups/{group}`
pub async fn leave(request: Authenticated) -> Answer {
    let (user, group) = (
        request.reference::<UserId>(0),
        request.reference::<GroupId>(1),
    );
    lists::only(&request.query()?.0, &[])?;
    request.remove_member(group, user).await?;
    Reply::nothing()
}
